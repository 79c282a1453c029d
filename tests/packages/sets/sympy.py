import sympy

PACKAGES = ["sympy"]
EXPECTED = ["x*(x + 2)", "[-1, 1]"]
KIND = "pure Python, and much of it"


def answer():
    x = sympy.symbols("x")
    return [str(sympy.factor(x**2 + 2 * x)), str(sympy.solve(x**2 - 1, x))]
