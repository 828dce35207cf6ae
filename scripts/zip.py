"""zip.py BINARY ZIP: packs a function's binary as the executable file `bootstrap`, and prints the sizes.

The same binary makes the same bytes: no time of day goes in, so that an unchanged function is not deployed again.
"""

import sys
import zipfile
from pathlib import Path

binary, target = map(Path, sys.argv[1:])
entry = zipfile.ZipInfo("bootstrap", date_time=(1980, 1, 1, 0, 0, 0))
entry.create_system = 3  # Unix, or the mode is not read
entry.external_attr = 0o100755 << 16
entry.compress_type = zipfile.ZIP_DEFLATED
with zipfile.ZipFile(target, "w") as archive:
    archive.writestr(entry, binary.read_bytes(), compresslevel=9)
print(f"{target}: {target.stat().st_size / 2**20:.2f} MB (binary {binary.stat().st_size / 2**20:.2f} MB)")
