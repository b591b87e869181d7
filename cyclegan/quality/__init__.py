"""How far an image and its translation can be trusted, without a truth to compare them with.

`judge` tells by an image's colours and its sharpness whether it is what a translation is made for;
`survey` also draws maps of where it is not, and of where the result has nuclei that the image has
not. All of it warns, and nothing of it decides. Importing the package imports none of its parts,
so that a web process that only judges stays small.
"""
