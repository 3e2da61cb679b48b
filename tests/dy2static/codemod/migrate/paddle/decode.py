import paddle


@paddle.jit.to_static
def greedy(table, start, end, limit):
    """Follows the best next token until `end`, at most `limit` times."""
    token = start
    length = paddle.zeros([], dtype="int64")
    while length < limit:
        scores = paddle.index_select(table, token.unsqueeze(0), axis=0)
        token = paddle.argmax(scores)
        length += 1
        if token == end:
            break
    return token, length


@paddle.jit.to_static
def beam_scores(log_probs, k):
    values, indices = paddle.topk(log_probs, k=k, axis=-1)
    return values, paddle.cast(indices, "int64")
