BLOCK_SIZE = 2048
PROGRAMS = 1024
FLOATS = {torch.float32, torch.float64, torch.bfloat16, torch.float16}
