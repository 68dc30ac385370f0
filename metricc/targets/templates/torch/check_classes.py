def check_classes(input__CHOSEN__):
    """Raise if input, with classes last, has not the classes that the options speak of."""
    size = input.shape[-1]
    __CHOSEN_CHECKS__
