#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reads with Google's own implementation what the Protobuf encoder wrote: judge_protobuf.py PROGRAM PROTO

PROGRAM (both_encodings) writes records in both encodings; every field of every message has to say what
the line of JSON says, and nothing more. Then messages are changed, field by field, to see that a
difference is found.
"""
import importlib
import ipaddress
import json
import pathlib
import subprocess
import sys
import tempfile

from google.protobuf.descriptor import FieldDescriptor

COUNT, SEEDS = 3000, (1, 2, 3)
CHANGED = 150  # messages that are changed: all that were made by hand
HALF = 0.5e-6  # JSON's last decimal
COMMON = "schema", "sensor", "id"


def compiled(proto, folder):
    """The module that protoc makes of it."""
    subprocess.run(["protoc", f"-I{proto.parent}", f"--python_out={folder}", proto], check=True)
    sys.path.insert(0, str(folder))
    sys.dont_write_bytecode = True
    return importlib.import_module(f"{proto.stem}_pb2")


def messages(data):
    """The messages of a file in which each lies behind a varint of its length."""
    at = 0
    while at < len(data):
        length = shift = 0
        while True:
            octet = data[at]
            length |= (octet & 127) << shift
            at, shift = at + 1, shift + 7
            if octet < 128:
                break
        if at + length > len(data):
            raise ValueError("the last message is cut off")
        yield data[at:at + length]
        at += length


def same(field, value, wanted):
    """Whether one value of Protobuf, not a message, is what JSON says."""
    if field.type == FieldDescriptor.TYPE_BYTES:
        if len(value) == 6:
            return value.hex(":") == wanted
        return len(value) in (4, 16) and str(ipaddress.ip_address(value)) == str(ipaddress.ip_address(wanted))
    if field.type == FieldDescriptor.TYPE_ENUM:
        named = field.enum_type.values_by_number.get(value)
        return named is not None and named.name == f"{field.name}_{wanted}".upper()
    if field.type == FieldDescriptor.TYPE_DOUBLE:  # from 9e15 on JSON has no decimals
        return abs(value - wanted) <= HALF + abs(value) * 2**-52
    return type(value) is type(wanted) and value == wanted


def differences(message, wanted, where, seen):
    """What of a message is not what the JSON object `wanted` says; adds the fields met to `seen`."""
    found = {field.name: (field, value) for field, value in message.ListFields()}
    # A list that is empty and one that is not known look the same in Protobuf.
    names = {name for name, value in wanted.items() if value != []}
    for name in sorted(names ^ found.keys()):
        yield f"{where}.{name}: only in {'JSON' if name in names else 'Protobuf'}"
    if len(message.UnknownFields()) != 0:
        yield f"{where}: has fields that the schema lacks"
    for name in sorted(names & found.keys()):
        field, value = found[name]
        seen.add(field.full_name)
        several = field.label == FieldDescriptor.LABEL_REPEATED
        values, each = (list(value), wanted[name]) if several else ([value], [wanted[name]])
        if len(values) != len(each):
            yield f"{where}.{name}: {len(values)} of them, not {len(each)}"
        for one, other in zip(values, each):
            if field.message_type:
                yield from differences(one, other, f"{where}.{name}", seen)
            elif not same(field, one, other):
                yield f"{where}.{name}: {one!r}, not {other!r}"


def record_differences(record, wanted, seen):
    for name in COMMON:
        if getattr(record, name) != wanted[name]:
            yield f"{name}: {getattr(record, name)!r}, not {wanted[name]!r}"
    if record.WhichOneof("body") != wanted["type"]:
        yield f"type: {record.WhichOneof('body')}, not {wanted['type']}"
        return
    body = {name: value for name, value in wanted.items() if name not in (*COMMON, "type")}
    yield from differences(getattr(record, wanted["type"]), body, wanted["type"], seen)


def missed_changes(record, wanted):
    """Names the fields that may be lacking or another number without a difference being found."""
    copy = type(record)()
    body = wanted["type"]
    for field, value in getattr(record, body).ListFields():
        copy.CopyFrom(record)
        getattr(copy, body).ClearField(field.name)
        if not any(record_differences(copy, wanted, set())):
            yield f"{field.name}: its lack was not noticed"
        if isinstance(value, int) and field.type != FieldDescriptor.TYPE_ENUM:
            setattr(getattr(copy, body), field.name, value ^ 1)
            if not any(record_differences(copy, wanted, set())):
                yield f"{field.name}: another number was not noticed"


def judge(program, record_type, folder, seed, seen):
    """What is wrong with all records of one seed."""
    encoded, lines = folder / "records.pb", folder / "records.ndjson"
    subprocess.run([program, encoded, lines, str(seed), str(COUNT)], check=True)
    wanted = [json.loads(line) for line in lines.read_text(encoding="utf-8").split("\n")[:-1]]
    found = list(messages(encoded.read_bytes()))
    if len(found) != len(wanted) or len(wanted) < COUNT:
        yield f"{len(found)} messages, {len(wanted)} lines"
    for index, (data, row) in enumerate(zip(found, wanted)):
        record = record_type.FromString(data)
        wrong = list(record_differences(record, row, seen))
        # Written anew it is as long only if no length or number took more octets than it needs.
        if len(record.SerializeToString()) != len(data):
            wrong.append(f"{len(data)} octets, where {len(record.SerializeToString())} would do")
        if index < CHANGED:
            wrong += missed_changes(record, row)
        yield from (f"seed {seed}, record {index}: {text}" for text in wrong)


def fields_of(descriptor):
    """The full names of all fields in a message and the messages in it."""
    for field in descriptor.fields:
        yield field.full_name
        if field.message_type:
            yield from fields_of(field.message_type)


def main(program, proto):
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        record_type = compiled(pathlib.Path(proto).resolve(), folder).Record
        seen = set()
        wrong = [text for seed in SEEDS for text in judge(program, record_type, folder, seed, seen)]
        bodies = [field.message_type for field in record_type.DESCRIPTOR.oneofs_by_name["body"].fields]
        never = {name for body in bodies for name in fields_of(body)} - seen
        wrong += [f"{name}: in no record" for name in sorted(never)]
    print("\n".join(wrong[:50] or [f"{len(seen)} fields alike in both encodings"]))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main(*sys.argv[1:])
