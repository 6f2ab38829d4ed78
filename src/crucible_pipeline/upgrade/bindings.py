"""One walk over a file's syntax tree that keeps track of what each name means where."""
# ruff: noqa: D102, N815  the methods are those of ast.NodeVisitor, one per node class

import ast
from collections.abc import Callable, Iterable

from crucible_pipeline.contracts.model import Contract
from crucible_pipeline.contracts.names import upper
from crucible_pipeline.upgrade.file import File
from crucible_pipeline.upgrade.meaning import Instance, Local, Many, Meaning, Named, Returns, Written
from crucible_pipeline.upgrade.modules import Modules
from crucible_pipeline.upgrade.scope import Scope, Scopes, bound_in


class Bindings(ast.NodeVisitor):
    """Binds names in the order of the text; the bodies of functions come last, they see the whole module.

    Args:
        contract: the one that the file was written for.
        file: that is walked.
        modules: of the service; those that this file imports have been read.
        marks: texts without which, and without a name that means something, no body of a function matters.
    """

    def __init__(self, contract: Contract, file: File, modules: Modules, marks: Iterable[str] = ()) -> None:
        self.contract = contract
        self.path = file.path
        self.modules = modules
        self.file = file
        # an import inside a function may bind anything
        self._marks = [mark.encode("utf-8", "replace") for mark in {"import", *marks}]
        self.scopes = Scopes(contract, [Scope()], modules)
        # strings that stand for no value: docstrings, and what was noted already
        self.silent: set[int] = set()
        self._later: list[tuple[list[Scope], Callable[[], None]]] = []

    def read(self) -> None:
        """Walk the file, and tell the modules what it exports.

        Raises:
            SyntaxError: it is no Python; or ValueError.
        """
        # ast honours a byte order mark and a declared encoding (PEP 263) only in bytes
        tree = ast.parse(self.file.content)
        module = self.scopes.open[0]
        self._hide_docstring(tree)
        self.generic_visit(tree)
        while self._later:
            self.scopes.open, body = self._later.pop(0)
            body()
        self.modules.export(self.path, module.names)

    def imports(self, named: Named, alias: ast.alias) -> None:
        """Told of each name of the package that an import statement names."""

    def annotation(self, node: ast.expr) -> None:
        """Visit an annotation."""
        self.visit(node)

    def visit_arg(self, node: ast.arg) -> None:
        if node.annotation is not None:
            self.annotation(node.annotation)

    def later(self, check: Callable[[], None]) -> None:
        """Look at something once the module has been walked, in the scopes that are open now."""
        self._later.append((self.scopes.open, check))

    def visit_Import(self, node: ast.Import) -> None:
        package = self.contract.package.import_name
        for alias in node.names:
            parts = alias.name.split(".")
            if parts[0] == package:
                self.scopes.bind(alias.asname or package, Named(tuple(parts[1:]) if alias.asname else ()))
            else:
                module = self.modules.resolve(self.path, parts, 0)
                if module is not None and not alias.asname:
                    # `import a.b` binds a
                    module = "/".join(module.split("/")[: 1 - len(parts) or None])
                self.scopes.bind(alias.asname or parts[0], Local(module) if module is not None else None)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        parts = node.module.split(".") if node.module else []
        if node.level or parts[0] != self.contract.package.import_name:
            self._import_local(node, self.modules.resolve(self.path, parts, node.level))
            return
        for alias in node.names:
            if alias.name == "*":
                for name in self._exported(parts[1:]):
                    self.scopes.bind(name, Named((*parts[1:], name), is_imported=True))
            else:
                named = Named((*parts[1:], alias.name), is_imported=True)
                self.scopes.bind(alias.asname or alias.name, named)
                self.imports(named, alias)

    def _import_local(self, node: ast.ImportFrom, module: str | None) -> None:
        """Bind names that a module of the service hands on."""
        for alias in node.names:
            if module is not None and alias.name == "*":
                for name, meaning in self.modules.exports(module).items():
                    if not name.startswith("_"):
                        self.scopes.bind(name, meaning)
                continue
            meaning = self.modules.member(module, alias.name) if module is not None else None
            self.scopes.bind(alias.asname or alias.name, meaning)
            if isinstance(meaning, Named) and meaning.is_imported:
                self.imports(meaning, alias)

    def _exported(self, module: list[str]) -> Iterable[str]:
        contract = self.contract
        for name, item in contract.types.items():
            if not module or module == [item.module]:
                yield name
        for constant in contract.constants.values():
            if module == [constant.module]:
                yield (constant.group or constant.name).upper()
        if not module:
            yield from {item.module for item in contract.constants.values()} | {"channels"}
        if not module or module == ["channels"]:
            yield from map(upper, contract.channels)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self._bind(target, self.scopes.meaning(node.value))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.annotation(node.annotation)
        if node.value is not None:
            self.visit(node.value)
        meaning = self.scopes.annotated(node.annotation)
        self._bind(node.target, meaning)
        if isinstance(node.target, ast.Name) and self.scopes.open[-1].is_class:
            self.scopes.open[-1].attributes[node.target.id] = meaning

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self._bind(node.target, self.scopes.meaning(node.value))

    def _bind(self, target: ast.expr, meaning: Meaning) -> None:
        meaning = self.scopes.held(meaning)
        if isinstance(target, ast.Name):
            self.scopes.bind(target.id, meaning)
            return
        if isinstance(target, ast.Tuple | ast.List):
            for part in target.elts:
                self._bind(part, None)
            return
        owner = self.scopes.own_class()
        if (
            isinstance(target, ast.Attribute)
            and isinstance(target.value, ast.Name)
            and target.value.id == "self"
            and owner is not None
            and owner.attributes.get(target.attr) is None
        ):
            owner.attributes[target.attr] = meaning
        self.visit(target)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        self._bind(node.target, self._item(node.iter))
        for statement in (*node.body, *node.orelse):
            self.visit(statement)

    visit_AsyncFor = visit_For

    def _item(self, container: ast.expr) -> Meaning:
        held = self.scopes.meaning(container)
        return Instance(held.type) if isinstance(held, Many) else None

    def visit_comprehension(self, node: ast.comprehension) -> None:
        self.visit(node.iter)
        self._bind(node.target, self._item(node.iter))
        for condition in node.ifs:
            self.visit(condition)

    def _visit_comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
    ) -> None:
        self.scopes.open = [*self.scopes.open, Scope()]
        for generator in node.generators:
            self.visit_comprehension(generator)
        for part in (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,):
            self.visit(part)
        self.scopes.open = self.scopes.open[:-1]

    visit_ListComp = visit_SetComp = visit_GeneratorExp = visit_DictComp = _visit_comprehension

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        narrowed = self._narrowed(node.test)
        self._within(narrowed, node.body)
        for statement in node.orelse:
            self.visit(statement)

    def _narrowed(self, test: ast.expr) -> tuple[str, Meaning] | None:
        """`isinstance(event, EvaluationQueuedEvent)` gives the name a type in the branch."""
        if not isinstance(test, ast.Call) or len(test.args) != 2 or not isinstance(test.args[0], ast.Name):
            return None
        meaning = self.scopes.annotated(test.args[1])
        is_check = isinstance(test.func, ast.Name) and test.func.id == "isinstance"
        return (test.args[0].id, meaning) if is_check and meaning is not None else None

    def _within(self, narrowed: tuple[str, Meaning] | None, body: Iterable[ast.stmt]) -> None:
        before = self.scopes.lookup(narrowed[0]) if narrowed is not None else None
        if narrowed is not None:
            self.scopes.bind(*narrowed)
        for statement in body:
            self.visit(statement)
        if narrowed is not None:
            self.scopes.bind(narrowed[0], before)

    def visit_Match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        for case in node.cases:
            pattern, narrowed = case.pattern, None
            inner = pattern.pattern if isinstance(pattern, ast.MatchAs) else pattern
            meaning = self.scopes.annotated(inner.cls) if isinstance(inner, ast.MatchClass) else None
            if meaning is not None and isinstance(node.subject, ast.Name):
                narrowed = (node.subject.id, meaning)
            self.visit(pattern)
            if isinstance(pattern, ast.MatchAs) and pattern.name:
                self.scopes.bind(pattern.name, meaning)
            if case.guard is not None:
                self.visit(case.guard)
            self._within(narrowed, case.body)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for part in (*node.decorator_list, *node.bases, *node.keywords):
            self.visit(part)
        bases = [base for base in map(self.scopes.meaning, node.bases) if self.scopes.type_of(base)]
        self.scopes.bind(node.name, bases[0] if bases else None)
        self._hide_docstring(node)
        self.scopes.open = [*self.scopes.open, Scope(is_class=True)]
        for statement in node.body:
            self.visit(statement)
        self.scopes.open = self.scopes.open[:-1]

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for decorator in node.decorator_list:
            self.visit(decorator)
        self._hide_docstring(node)
        self.visit(node.args)
        if node.returns is not None:
            self.annotation(node.returns)
        returned = self.scopes.annotated(node.returns)
        self.scopes.bind(node.name, Returns(returned) if returned is not None else None)
        self._later.append(([*self.scopes.open, Scope()], lambda: self._function(node)))

    visit_AsyncFunctionDef = visit_FunctionDef

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        if self._matters(node):
            self.scopes.open[-1].names.update(dict.fromkeys(bound_in(node.body)))
            self._body(node.args, node.body)

    def _matters(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        """Whether a function's text holds a name that means something; most hold none, and a walk is dear."""
        text = self.file.between(node.lineno, node.end_lineno or node.lineno)
        if any(mark in text for mark in self._marks):
            return True
        owner = self.scopes.own_class()
        known = [scope.names for scope in self.scopes.open]
        known += [owner.attributes] if owner is not None else []
        # a name may be written in several ways beyond ASCII (PEP 3131)
        return any(
            not name.isascii() or name.encode() in text
            for some in known
            for name, meaning in some.items()
            if meaning is not None and not isinstance(meaning, Written)
        )

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.visit(node.args)
        scope = Scope()
        self._later.append(([*self.scopes.open, scope], lambda: self._body(node.args, [node.body])))

    def _body(self, arguments: ast.arguments, body: Iterable[ast.AST]) -> None:
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        for argument in named:
            self.scopes.bind(argument.arg, self.scopes.annotated(argument.annotation))
        for rest in (arguments.vararg, arguments.kwarg):
            if rest is not None:
                held = self.scopes.annotated(rest.annotation)
                self.scopes.bind(rest.arg, Many(held.type) if isinstance(held, Instance) else None)
        for node in body:
            self.visit(node)

    def _hide_docstring(
        self, node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    ) -> None:
        first = node.body[0] if node.body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            self.silent.add(id(first.value))
