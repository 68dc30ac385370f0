class __NAME__Loss(torch.nn.Module):
    """__LOSS_FORMULA__ of __ALL__, for __INPUTS__ and __TARGETS__.

    __OPTION_DOCS__
    """

    def __init__(__INIT_ARGUMENTS__):
        super().__init__()
        __INIT_BODY__

    def forward(__FORWARD_ARGUMENTS__):
        """Return the loss of the batch__AS__; __WEIGHTS__."""
        __ARRANGE__
        __LOOK__
        __CHOOSE__
        options = (
            __OPTIONS__
        )
        __COUNT_FIRST__
        __APPLY__

    __METHODS__
    def extra_repr(self):
        """Return the formula and the options."""
        parts = [
            __FORMULA__,
            __OPTION_PARTS__
        ]
        return ", ".join(parts)
