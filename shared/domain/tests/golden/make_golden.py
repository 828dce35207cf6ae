#!/usr/bin/env python3
"""Golden vectors of the history chain, computed without any code of Chamada.

Follows API.md, 'The chain, to the byte', with hashlib and json alone. `json.dumps` with sorted keys, no spaces and no ASCII escapes is RFC 8785
for what an entry holds: objects with ASCII keys, strings, small integers, booleans.

    python3 make_golden.py > golden.json
"""

import hashlib
import json
import sys


class Word:
    """A text that belongs to a person, with its salt."""

    count = 0

    def __init__(self, text):
        Word.count += 1
        self.salt = bytes((Word.count * 37 + i * 11) % 256 for i in range(16))
        self.text = text

    def commitment(self):
        return hashlib.sha256(self.salt + self.text.encode("utf-8")).hexdigest()


def render(value, of_word):
    if isinstance(value, Word):
        return of_word(value)
    if isinstance(value, dict):
        return {key: render(member, of_word) for key, member in value.items() if member is not None}
    if isinstance(value, list):
        return [render(item, of_word) for item in value]
    return value


def kept(word):
    return {"s": word.salt.hex(), "t": word.text}


def committed(word):
    return {"c": word.commitment()}


def entries():
    ana = {"id": "usr_0a0a0a0a0a0a0a0a0a0a", "name": Word("Ana Ribeiro"), "role": "user"}
    luis = {"id": "usr_0b0b0b0b0b0b0b0b0b0b", "name": Word("Luís Ñandú"), "role": "specialist"}
    yield {
        "seq": 1, "at": "2026-11-22T05:07:31.412Z", "via": "mail", "author": ana, "type": "opened",
        "data": {
            "channel": "mail", "title": Word("Não imprime: \"erro 0x61\" \\ ação"),
            "requester": {"id": "usr_0a0a0a0a0a0a0a0a0a0a", "name": Word("Ana Ribeiro"), "email": Word("ana@example.com")},
            "priority": "normal", "kind": "incident", "category_id": "cat_01", "subcategory_id": None, "corporation_id": "org_01",
            "cc": [{"id": "usr_0c0c0c0c0c0c0c0c0c0c", "email": Word("cc@example.com")}],
            "attachments": [{
                "attachment_id": "att_01", "name": Word("captura ☃.png"), "content_type": "image/png", "size": 52428800,
                "sha256": "ab" * 32, "inline": True,
            }],
            "mail": {
                "from": Word("Ana <ana@example.com>"), "to": [Word("soporte@example.org")], "cc": [Word("cc@example.com")],
                "subject": Word("Não imprime"), "has_html": True, "authentication": "pass", "digest": "cd" * 32, "left_in_original": 2,
            },
            "quoted": Word("> antes"), "continues": 9999999999,
        },
        "body": Word("Olá,\r\n\ttudo \u0001\u001f\u007f parou \U0001F600 \u2028 fim"),
    }
    yield {"seq": 2, "at": "2026-11-22T05:07:32.000Z", "via": "web", "author": luis, "type": "note", "data": {}, "body": Word("a")}
    yield {"seq": 3, "at": "2026-11-22T05:07:33.999Z", "via": "web", "author": luis, "type": "assigned",
           "data": {"from": None, "to": {"id": luis["id"], "name": Word("Luís Ñandú")}}, "body": None}
    yield {"seq": 4, "at": "2026-11-22T05:08:00.001Z", "via": "mail",
           "author": {"id": None, "name": Word(""), "role": "user"}, "type": "message",
           "data": {
               # A media type is no word of a person's and stands in the core as it is: the one place where JCS must escape.
               "attachments": [{"attachment_id": "att_02", "name": Word("x"), "content_type": "x/\"é\\\u0001\n\t\u007f\u2028/ñ", "size": 0, "sha256": "00" * 32}],
               "unverified": True, "through": "usr_0a0a0a0a0a0a0a0a0a0a"},
           "body": Word("línea\nlínea")}
    yield {"seq": 5, "at": "2026-11-22T05:08:01.000Z", "via": "api", "author": luis, "type": "status",
           "data": {"from": "new", "to": "resolved"}, "body": None}
    yield {"seq": 6, "at": "2026-11-22T05:08:02.000Z", "via": "mail", "author": None, "type": "reopened",
           "data": {"from": "resolved", "to": "in_process"}, "body": None}
    yield {"seq": 7, "at": "2026-11-22T05:08:03.000Z", "via": "web", "author": luis, "type": "due",
           "data": {"from": "2026-12-01T00:00:00.000Z", "to": None}, "body": None}
    yield {"seq": 8, "at": "2026-11-22T05:08:04.000Z", "via": "web", "author": luis, "type": "title",
           "data": {"from": Word("viejo"), "to": Word("nuevo")}, "body": None}
    yield {"seq": 9, "at": "2026-11-22T05:08:05.000Z", "via": "system", "author": None, "type": "delivery",
           "data": {"action": "failed", "recipient": Word("ana@example.com"), "status": Word("5.1.1"), "digest": "ef" * 32}, "body": None}


def main():
    previous = "0" * 64
    out = []
    for entry in entries():
        core = render(entry, committed)
        canonical = json.dumps(core, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        digest = hashlib.sha256(previous.encode("ascii") + b"\n" + canonical.encode("utf-8")).hexdigest()
        out.append({"stored": render(entry, kept), "core": core, "canonical": canonical, "previous_hash": previous, "hash": digest})
        previous = digest
    json.dump(out, sys.stdout, indent=1, ensure_ascii=True)
    print()


main()
