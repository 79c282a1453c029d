from pydantic.v1 import BaseModel, ValidationError

PACKAGES = ["pydantic"]
EXPECTED = [{"a": 1}, "1 validation error for Old"]
KIND = "a line of the table that an import brings back"
QUICK = True


class Old(BaseModel):
    a: int


def answer():
    try:
        Old(a="x")
    except ValidationError as error:
        return [Old(a="1").dict(), str(error).splitlines()[0]]
    return []
