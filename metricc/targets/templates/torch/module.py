class __NAME__Loss(torch.nn.Module):
    """__LOSS_FORMULA__ of all elements, for __INPUTS__ and a target of 0, 1 or between.

    __OPTION_DOCS__
    """

    def __init__(__INIT_ARGUMENTS__):
        super().__init__()
        __INIT_BODY__

    def forward(self, input, target, sample_weight=None):
        """Return the loss of the batch as a 0-dim tensor; weights broadcast to the input."""
        check(input, target, sample_weight)
        function = __NAME__
        if torch.compiler.is_compiling():
            function = __NAME__Compiled
        options = (
            __OPTIONS__
        )
        return function.apply(input, target, sample_weight, options)

    def extra_repr(self):
        """Return the formula and the options."""
        parts = [
            __FORMULA__,
            __OPTION_PARTS__
        ]
        return ", ".join(parts)
