from langchain_core.output_parsers import CommaSeparatedListOutputParser
from langchain_core.prompts import PromptTemplate

PACKAGES = ["langchain-core", "langchain-community"]
EXPECTED = ["hello you", ["a", "b"]]
KIND = "submodules that load when first used"


def answer():
    return [
        PromptTemplate.from_template("hello {who}").format(who="you"),
        CommaSeparatedListOutputParser().parse("a, b"),
    ]
