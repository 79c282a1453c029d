from pydantic import BaseModel, EmailStr
from pydantic_extra_types.country import CountryAlpha2
from pydantic_settings import BaseSettings

PACKAGES = ["pydantic[email]", "pydantic-settings", "pydantic-extra-types[all]"]
EXPECTED = ["a@example.com", "Germany", 3]
KIND = "parts that a second distribution brings"


class Person(BaseModel):
    mail: EmailStr
    country: CountryAlpha2


class Options(BaseSettings):
    n: int = 3


def answer():
    person = Person(mail="a@example.com", country="DE")
    return [person.mail, person.country.short_name, Options().n]
