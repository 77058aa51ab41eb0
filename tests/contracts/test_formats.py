"""The contract of formats, run over all that are found, each on a file of its kind."""

from pathlib import Path
from tempfile import mkdtemp

from hwnas.contracts.finding import names
from hwnas.testing import suite
from tests.formats.published import write

EXAMPLES = write(Path(mkdtemp(prefix="hwnas-formats-")))
TestFormats = suite("formats", {name: {"example": EXAMPLES[name]} for name in names("formats")})
