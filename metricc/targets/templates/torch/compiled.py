class __NAME__Compiled(__NAME__):
    """The same without forward mode, which torch.compile refuses."""

    jvp = torch.autograd.Function.jvp
