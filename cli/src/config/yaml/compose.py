"""Composes the YAML documents of a JSON list of texts; prints what each holds, or null where it is refused."""

import json
import sys

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def tree(node, above=()):
    """Lists of a letter and values: s(calar), l(ist), m(ap), f(unction)."""
    if any(node is other for other in above):
        raise ValueError("a value that holds itself")
    above = above + (node,)
    if isinstance(node, yaml.ScalarNode):
        value = ["s", node.value]
    elif isinstance(node, yaml.SequenceNode):
        value = ["l"] + [tree(item, above) for item in node.value]
    else:
        value = ["m"] + [[key_text(key), tree(value, above)] for key, value in node.value]
    return ["f", node.tag.lstrip("!"), value] if is_custom(node) else value


def is_custom(node):
    return len(node.tag) > 1 and node.tag.startswith("!")


def key_text(key):
    return key.value if isinstance(key, yaml.ScalarNode) and not is_custom(key) else ""


def documents(text):
    try:
        return [tree(node) for node in yaml.compose_all(text, Loader=LOADER) if node is not None]
    except (yaml.YAMLError, ValueError):
        return None


print(json.dumps([documents(text) for text in json.load(sys.stdin)]))
