"""What one caller of the API sends beyond what Schemathesis makes up: its session, and ids of things that are there.

`tests/tests/schemathesis.rs` starts `st run` with this as its hooks, once for each kind of caller, and writes down in the file that
`CHAMADA_CALLER` names:

    cookie    the caller's session, null for nobody
    apart     other sessions of the same kind of caller, by operation: for those that end the session that they are sent with
    paths     sets of parameters of paths, by path: of things that are there, and that this caller may break
    fields    values by the names of fields and parameters, of things that are there
    always    the same, for fields whose made-up values would reach other machines
    kept      ids of what must not be changed
    bodies    whole bodies that are right, by operation
    answers   the file into which this writes how often each operation was answered, and how

Which requests get an id that is there depends on the made-up one alone, so that a run can be repeated.
"""

import atexit
import itertools
import json
import os
import zlib
from collections import Counter

import requests
import schemathesis

with open(os.environ["CHAMADA_CALLER"], encoding="utf-8") as file:
    CALLER = json.load(file)

ANSWERS: dict[str, Counter] = {}
REQUESTS = itertools.count()
# The `next_cursor` that a list ended with last, by its address without the query.
CURSORS: dict[str, str] = {}


def choose(made_up, choices, often=3):
    """One of `choices`, or nothing once in `often + 1` times."""
    number = zlib.crc32(repr(made_up).encode("utf-8", "backslashreplace"))
    if not choices or number % (often + 1) == 0:
        return None
    return choices[number // 8 % len(choices)]


def of_path(path):
    """What is known of a path, or of the longest one that it begins with."""
    known = [other for other in CALLER["paths"] if path == other or path.startswith(other + "/")]
    return CALLER["paths"][max(known, key=len)] if known else []


def put_ids(value, name=None):
    """The value with ids of things that are there, wherever a field is called like them."""
    if name in CALLER["always"]:
        return CALLER["always"][name]
    if isinstance(value, dict):
        return {field: put_ids(inner, field) for field, inner in value.items()}
    if isinstance(value, list):
        return [put_ids(inner, name) for inner in value]
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        chosen = choose(value, CALLER["fields"].get(name))
        return value if chosen is None else chosen
    return value


def has_body(case):
    return isinstance(case.body, (dict, list))


@schemathesis.hook
def before_call(context, case, kwargs):
    label = context.operation.label
    # A cookie of another kind where there is no session: without one, those that came with answers would be sent.
    cookie = CALLER["apart"].get(label, CALLER["cookie"]) or "language=es"
    headers = {"Cookie": cookie, "X-Requested-With": "chamada"}
    for name, value in headers.items():
        case.headers[name] = value
    there = of_path(case.path)
    ids = choose(case.path_parameters, there)
    if case.method != "GET" and there and any(value in CALLER["kept"] for value in case.path_parameters.values()):
        # Schemathesis learns ids from answers, those of the callers themselves among them.
        ids = there[0]
    for name in ids or {}:
        if name in case.path_parameters:
            case.path_parameters[name] = ids[name]
    if has_body(case):
        body = choose(case.body, CALLER["bodies"].get(label), often=1)
        case.body = put_ids(case.body) if body is None else body
    cursor = CURSORS.get(case.formatted_path)
    if isinstance(case.query, dict) and cursor and choose(case.query.get("cursor"), [cursor], often=1):
        # A cursor belongs to its list: with other filters it is refused.
        limit = case.query.get("limit")
        case.query = {"cursor": cursor} if limit is None else {"cursor": cursor, "limit": limit}
    elif isinstance(case.query, dict):
        case.query = put_ids(case.query)
    number = next(REQUESTS)
    if case.headers.get("Idempotency-Key") and number % 4:
        # Schemathesis sends one key with many bodies, of which all but the first are refused for that alone.
        case.headers["Idempotency-Key"] = f"{os.path.basename(CALLER['answers'])}.{number}"
    for name in ("If-Match", "If-None-Match"):
        if name in case.headers and choose(case.headers[name], [True]):
            # The version as it is: a made-up one is always another.
            address = case.operation.base_url + case.formatted_path
            present = requests.get(address, headers=headers, params=case.query, timeout=30)
            if "ETag" in present.headers:
                case.headers[name] = present.headers["ETag"]


@schemathesis.hook
def after_call(context, case, response):
    ANSWERS.setdefault(context.operation.label, Counter())[str(response.status_code)] += 1
    if case.method == "GET" and response.status_code == 200 and b'"next_cursor":"' in (response.content or b""):
        CURSORS[case.formatted_path] = response.json()["next_cursor"]


@atexit.register
def write_answers():
    with open(CALLER["answers"], "w", encoding="utf-8") as file:
        json.dump(ANSWERS, file)
