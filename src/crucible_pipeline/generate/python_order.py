"""Where each type lives and in which order types stand in a module, pure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from crucible_pipeline.contracts import names
from crucible_pipeline.generate.python_kinds import AliasShape, EnumShape, Shape
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
    found = [name.name for annotation in annotations for name in names_of(annotation) if not name.module]
    return tuple(dict.fromkeys(found))


def components(graph: Graph) -> list[tuple[str, ...]]:
    """The strongly connected components, each after those that it needs (Tarjan, without recursion)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    waiting: set[str] = set()
    found: list[tuple[str, ...]] = []
    for root in graph:
        if root in index:
            continue
        index[root] = low[root] = len(index)
        stack.append(root)
        waiting.add(root)
        work: list[tuple[str, Iterator[str]]] = [(root, iter(graph[root]))]
        while work:
            node, following = work[-1]
            for other in following:
                if other not in index:
                    index[other] = low[other] = len(index)
                    stack.append(other)
                    waiting.add(other)
                    work.append((other, iter(graph[other])))
                    break
                if other in waiting:
                    low[node] = min(low[node], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    cut = stack.index(node)
                    found.append(tuple(stack[cut:]))
                    waiting.difference_update(stack[cut:])
                    del stack[cut:]
    return found


# A module of more models than this is cut into one for each type, so that the first use of one type does not
# pay for the others: a dozen models cost less than a tenth of what importing pydantic does.
MOST_MODELS = 12


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each type is defined.

    Args:
        homes: type → module.
        needs: type → the types that its annotations name.
        cut: modules of the contract that define nothing themselves and show what others define.
    """

    homes: Mapping[str, str]
    needs: Graph
    cut: frozenset[str]


def layout(shapes: Mapping[str, Shape], owners: Mapping[str, str]) -> Layout:
    """Give each type a module.

    It is the module of its contract, with three exceptions whose names begin with an underscore: enums beside
    models live apart, so that importing one imports no pydantic; a large module is cut into one for each
    declared type; and modules that need each other become one, for Python cannot import them in a circle.

    Args:
        shapes: every type.
        owners: type → the declared type inside which it stands.
    """
    wanted = {name: needs(shape) for name, shape in shapes.items()}
    rest = {name: shape for name, shape in shapes.items() if not isinstance(shape, EnumShape)}
    sizes = Counter(shape.module for shape in rest.values())
    cut = frozenset(module for module, size in sizes.items() if size > MOST_MODELS)
    homes = {
        name: f"_{shape.module}__{names.snake(owners[name])}" if shape.module in cut else shape.module
        for name, shape in shapes.items()
    }
    mixed = {homes[name] for name in rest}
    modules: dict[str, dict[str, None]] = {homes[name]: {} for name in rest}
    for name in rest:
        modules[homes[name]].update((homes[other], None) for other in wanted[name] if other in rest)
    joined: dict[str, str] = {}
    for group in components({name: tuple(others) for name, others in modules.items()}):
        first = min(group)
        joined.update((name, name if len(group) == 1 else f"_{first.lstrip('_')}_models") for name in group)
    for name, shape in shapes.items():
        if not isinstance(shape, EnumShape):
            homes[name] = joined[homes[name]]
        elif homes[name] in mixed:
            homes[name] = f"_{homes[name].lstrip('_')}{'__' if shape.module in cut else '_'}enums"
    return Layout(homes, wanted, cut)


def recursive_aliases(shapes: Mapping[str, Shape], graph: Graph) -> frozenset[str]:
    """Aliases that need themselves through aliases only."""
    aliases = {name for name, shape in shapes.items() if isinstance(shape, AliasShape)}
    among = {name: tuple(other for other in graph[name] if other in aliases) for name in sorted(aliases)}
    return frozenset(
        name for group in components(among) for name in group if len(group) > 1 or name in among[name]
    )
