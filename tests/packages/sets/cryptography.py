import jwt
import paramiko
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

PACKAGES = ["cryptography", "pyjwt", "paramiko"]
EXPECTED = ["secret", {"a": 1}, "ssh-ed25519"]
KIND = "compiled modules"


def answer():
    box = Fernet(Fernet.generate_key())
    key = generate_private_key(65537, 2048)
    token = jwt.encode({"a": 1}, key, algorithm="RS256")
    names = paramiko.Transport._preferred_keys
    return [
        box.decrypt(box.encrypt(b"secret")).decode(),
        jwt.decode(token, key.public_key(), ["RS256"]),
        next(name for name in names if name == "ssh-ed25519"),
    ]
