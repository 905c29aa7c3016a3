"""The schemas of the group letters."""

import pyarrow as pa

LETTERS = pa.schema([("letter", pa.string()), ("place", pa.int64())])
