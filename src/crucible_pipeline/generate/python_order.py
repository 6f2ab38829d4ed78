"""Where each type lives and in which order types stand in a module, pure."""

from collections.abc import Iterator, Mapping

from crucible_pipeline.generate.python_shapes import AliasShape, EnumShape, Shape
from crucible_pipeline.generate.text import names_of

Graph = Mapping[str, tuple[str, ...]]


def needs(shape: Shape) -> tuple[str, ...]:
    """Names of the types that a shape's annotations name, in order."""
    if isinstance(shape, EnumShape):
        return ()
    annotations = (
        [shape.annotation]
        if isinstance(shape, AliasShape)
        else [item.annotation for item in shape.properties]
    )
    found = (name.name for annotation in annotations for name in names_of(annotation) if not name.module)
    return tuple(dict.fromkeys(found))


def components(graph: Graph) -> list[tuple[str, ...]]:
    """The strongly connected components, each after those that it needs (Tarjan, without recursion)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[tuple[str, ...]] = []
    for root in graph:
        if root in index:
            continue
        index[root] = low[root] = len(index)
        stack.append(root)
        work: list[tuple[str, Iterator[str]]] = [(root, iter(graph[root]))]
        while work:
            node, following = work[-1]
            for other in following:
                if other not in index:
                    index[other] = low[other] = len(index)
                    stack.append(other)
                    work.append((other, iter(graph[other])))
                    break
                if other in stack:
                    low[node] = min(low[node], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    cut = stack.index(node)
                    found.append(tuple(stack[cut:]))
                    del stack[cut:]
    return found


def homes(shapes: Mapping[str, Shape]) -> dict[str, str]:
    """The module in which each type is defined.

    It is the module of its contract, with two exceptions whose names begin with an underscore: enums beside
    models live apart, so that importing one imports no pydantic; and modules that need each other live in
    one, because Python cannot import them in a circle.
    """
    mixed = {shape.module for shape in shapes.values() if not isinstance(shape, EnumShape)}
    rest = {name: shape for name, shape in shapes.items() if not isinstance(shape, EnumShape)}
    modules: dict[str, dict[str, None]] = {shape.module: {} for shape in rest.values()}
    for shape in rest.values():
        modules[shape.module].update((rest[name].module, None) for name in needs(shape) if name in rest)
    joined: dict[str, str] = {}
    for group in components({name: tuple(others) for name, others in modules.items()}):
        joined.update((name, name if len(group) == 1 else f"_{min(group)}_models") for name in group)
    return {
        name: joined[shape.module]
        if not isinstance(shape, EnumShape)
        else f"_{shape.module}_enums"
        if shape.module in mixed
        else shape.module
        for name, shape in shapes.items()
    }


def recursive_aliases(shapes: Mapping[str, Shape]) -> frozenset[str]:
    """Aliases that need themselves through aliases only."""
    aliases = {name: shape for name, shape in shapes.items() if isinstance(shape, AliasShape)}
    graph = {
        name: tuple(other for other in needs(shape) if other in aliases) for name, shape in aliases.items()
    }
    return frozenset(
        name for group in components(graph) for name in group if len(group) > 1 or name in graph[name]
    )
