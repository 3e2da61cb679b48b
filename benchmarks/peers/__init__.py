"""The workloads as users of other frameworks write them: a file a framework, each run in an environment of its own."""
