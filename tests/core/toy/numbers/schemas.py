"""The schemas of the toy group."""

import pyarrow as pa

NUMBERS = pa.schema([("number", pa.int64())])
KEYED = pa.schema([("partition", pa.int32()), ("number", pa.int64())])
