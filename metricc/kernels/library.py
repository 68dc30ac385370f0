import ctypes, hashlib, subprocess, pathlib
def library(source, **macros):
    key=hashlib.sha256(repr((source,sorted(macros.items()))).encode()).hexdigest()[:20]
    d=pathlib.Path("/tmp/proto/cache"); d.mkdir(exist_ok=True)
    so=d/f"{key}.so"
    if not so.exists():
        c=d/f"{key}.c"; c.write_text(source)
        o=d/f"{key}.o"
        subprocess.run(["gcc","-O3","-march=native","-mprefer-vector-width=512","-std=gnu11","-fPIC","-fno-math-errno","-fno-trapping-math","-fopenmp",*(f"-D{k}={v}" for k,v in macros.items()),"-c","-o",o,c],check=True)
        subprocess.run(["gcc","-shared","-o",so,o],check=True)
    return ctypes.CDLL(str(so))
