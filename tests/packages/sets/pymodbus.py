from pymodbus.client import ModbusTcpClient

PACKAGES = ["pymodbus"]
EXPECTED = [[1, 2], False]
KIND = "pure Python"


def answer():
    registers = ModbusTcpClient.convert_to_registers(65538, ModbusTcpClient.DATATYPE.UINT32)
    return [registers, ModbusTcpClient("127.0.0.1", port=9, timeout=1, retries=0).connect()]
