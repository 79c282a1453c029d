import tiktoken
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

PACKAGES = ["tokenizers", "tiktoken"]
EXPECTED = [["hello", "world"], "tiktoken"]
KIND = "compiled modules, and a plugin package"


def answer():
    tokenizer = Tokenizer(WordLevel({"hello": 0, "world": 1}, unk_token="hello"))
    tokenizer.pre_tokenizer = Whitespace()
    return [tokenizer.encode("hello world").tokens, tiktoken.__name__]
