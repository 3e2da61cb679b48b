"""Turns ordinary Python tensor programs into static graphs, by source conversion or by tracing."""

from dy2static.cache.cache import clear_caches as clear_caches
from dy2static.cache.counting import assert_compiles as assert_compiles
from dy2static.debug.hook import full_tracebacks as full_tracebacks
from dy2static.debug.step import step as step
from dy2static.decorator import StaticFunction as StaticFunction
from dy2static.decorator import to_static as to_static
from dy2static.eager_mode import run_eagerly as run_eagerly
from dy2static.eager_mode import set_run_eagerly as set_run_eagerly
from dy2static.errors import ConversionError as ConversionError
from dy2static.errors import ExportError as ExportError
from dy2static.errors import ExportWarning as ExportWarning
from dy2static.errors import ShadowWarning as ShadowWarning
from dy2static.errors import SourceUnavailableError as SourceUnavailableError
from dy2static.errors import StagingError as StagingError
from dy2static.errors import TraceWarning as TraceWarning
from dy2static.errors import UnrolledLoopWarning as UnrolledLoopWarning
from dy2static.export.onnx.export import OnnxReport as OnnxReport
from dy2static.export.onnx.export import export_onnx as export_onnx
from dy2static.input_spec import InputSpec as InputSpec
from dy2static.source.from_text import convert_source as convert_source
from dy2static.tracing.example import Example as Example
from dy2static.tracing.trace import TracedFunction as TracedFunction
from dy2static.tracing.trace import trace as trace
