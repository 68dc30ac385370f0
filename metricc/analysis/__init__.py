"""What a formula will do in training, a question per file; each answers from numbers or proof.

singularities  where it has no finite value          symbolic
kinks          where its slopes jump                 symbolic
direction      which way it is better                sampled
monotony       whether a better prediction pays      sampled, with a witness
sides          whether a poor prediction is best     at 50 digits
limits         whether anything bounds it            sampled
symmetry       what it is under swaps                at 50 digits
joint          the first two, of several classes     tried at matrices of common kinds
classes        which way it is better, of several    sampled
fractional     whether its best threshold is known   at 50 digits, and symbolic
"""
