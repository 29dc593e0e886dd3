"""A Databricks workspace in memory, on this machine only: as much of the service as the CLI and the SDK ask for when a
bundle is deployed, run and destroyed. What it does not have it refuses with the name of the request."""

import base64
import itertools
import json
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

Json = dict[str, Any]
Run = Callable[["FakeWorkspace", Json, Json], dict[str, str]]
"""Takes the workspace, a job's settings and the request to run it; gives the result state of each task."""

HEADER = b"# Databricks notebook source"


class Refused(Exception):
    """HTTP status, error code, message."""


@dataclass
class FakeWorkspace:
    user: str = "tester@example.com"
    run: Run = lambda workspace, settings, request: {task["task_key"]: "SUCCESS" for task in settings["tasks"]}
    catalogs: tuple[str, ...] = ("dvd_dev", "dvd_staging", "dvd_prod")
    warehouses: list[Json] = field(default_factory=lambda: [{"id": "w1", "name": "Serverless Starter Warehouse"}])
    files: dict[str, bytes] = field(default_factory=dict)
    notebooks: set[str] = field(default_factory=set)
    folders: set[str] = field(default_factory=lambda: {"/"})
    items: dict[str, Json] = field(default_factory=dict)
    """Schemas, volumes, alerts and dashboards, by kind and full name or id."""
    jobs: dict[int, Json] = field(default_factory=dict)
    runs: dict[int, Json] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    """What the tasks of the last run left."""
    rights: dict[str, Any] = field(default_factory=dict)
    url: str = ""
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1001))
    _at_work: dict[int, threading.Thread] = field(default_factory=dict)

    def answer(self, method: str, path: str, query: dict[str, str], raw: bytes) -> Any:
        body = json.loads(raw) if raw.startswith(b"{") and not re.search("/import-file/|/fs/files/", path) else {}
        request = f"{method} {re.sub(r'^/api/[0-9.]+', '', path)}"
        for pattern, act in ROUTES:
            if found := re.fullmatch(pattern, request):
                return act(self, *found.groups(), **({"raw": raw} if act in TAKING_FILES else query | body))
        raise Refused(501, "NOT_IMPLEMENTED", f"the fake workspace has no {request}")

    # --- who and where ---

    def about(self, **_: Any) -> Json:
        where = {"workspace_id": "1", "oidc_endpoint": f"{self.url}/oidc"}
        return {"id": "1", "userName": self.user, "warehouses": self.warehouses, **where}

    # --- files ---

    def put_file(self, path: str, raw: bytes) -> Json:
        if is_notebook := path.endswith(".py") and raw.startswith(HEADER):
            path = path.removesuffix(".py")
        self.files[path] = raw
        (self.notebooks.add if is_notebook else self.notebooks.discard)(path)
        return self.make_folder(path.rpartition("/")[0])

    def import_(self, path: str, content: str, **_: Any) -> Json:
        return self.put_file(f"{path}.py", base64.b64decode(content))

    def put_in_volume(self, path: str, raw: bytes) -> Json:
        _, _, catalog, schema, volume, _ = path.split("/", 5)
        self.get_item(f"volumes/{catalog}.{schema}.{volume}")
        self.files[path] = raw
        return self.make_folder(path.rpartition("/")[0])

    def make_folder(self, path: str, **_: Any) -> Json:
        self.folders |= {path[: slash.start()] for slash in re.finditer("/|$", path) if slash.start()}
        return {}

    def status(self, path: str, **_: Any) -> Json:
        if path not in self.files and path not in self.folders:
            raise _missing(path)
        kind = "NOTEBOOK" if path in self.notebooks else "FILE" if path in self.files else "DIRECTORY"
        return {"path": path, "object_type": kind, "object_id": abs(hash(path))}

    def status_of_file(self, path: str, **_: Any) -> Json:
        _get(self.files, path)
        return {}

    def list_folder(self, path: str, **_: Any) -> Json:
        inside = sorted(one for one in {*self.files, *self.folders} if one.rpartition("/")[0] == path)
        return {"objects": [self.status(one) for one in inside]}

    def export(self, path: str, direct_download: str = "", **_: Any) -> Any:
        content = _get(self.files, path)
        return content if direct_download == "true" else {"content": base64.b64encode(content).decode()}

    def delete_files(self, path: str, **_: Any) -> Json:
        self.status(path)
        gone = {one for one in {*self.files, *self.folders} if one == path or one.startswith(path + "/")}
        self.files = {one: content for one, content in self.files.items() if one not in gone}
        self.folders, self.notebooks = self.folders - gone, self.notebooks - gone
        return {}

    # --- schemas, volumes, alerts ---

    def create_item(self, kind: str, **fields: Any) -> Json:
        name = ".".join(fields[part] for part in ("catalog_name", "schema_name", "name") if part in fields)
        if name and fields["catalog_name"] not in self.catalogs:
            raise Refused(404, "CATALOG_DOES_NOT_EXIST", f"Catalog '{fields['catalog_name']}' does not exist.")
        made = {**fields, "full_name": name} if name else {**fields, "id": str(next(self._numbers))}
        self.items[f"{kind}/{name or made['id']}"] = made
        return made

    def get_item(self, key: str, **_: Any) -> Json:
        found: Json = _get(self.items, key)
        return found

    def change_item(self, key: str, update_mask: str = "", **fields: Any) -> Json:
        return self.get_item(key) | fields

    def delete_item(self, key: str, **_: Any) -> Json:
        self.get_item(key)
        del self.items[key]
        return {}

    # --- dashboards ---

    def create_dashboard(self, parent_path: str, display_name: str, **fields: Any) -> Json:
        if parent_path not in self.folders:
            raise _missing(parent_path)
        path, number = f"{parent_path}/{display_name}.lvdash.json", f"{next(self._numbers):032x}"
        made = {**fields, "dashboard_id": number, "display_name": display_name, "parent_path": parent_path}
        self.items[f"dashboards/{number}"] = {**made, "path": path, "etag": "1", "lifecycle_state": "ACTIVE"}
        return self.items[f"dashboards/{number}"]

    def change_dashboard(self, key: str, **fields: Any) -> Json:
        found = self.get_item(key)
        found |= fields | {"etag": str(int(found["etag"]) + 1)}
        return found

    def publish(self, key: str, **fields: Any) -> Json:
        """What people see; a later draft does not change it."""
        draft = self.get_item(key.removesuffix("/published"))
        shown = {name: draft.get(name) for name in ("display_name", "serialized_dashboard")}
        self.items[key] = {**shown, "revision_create_time": "2026-01-01T00:00:00Z", **fields}
        return self.items[key]

    def delete_dashboard(self, key: str, **_: Any) -> Json:
        self.get_item(key)
        self.items = {one: item for one, item in self.items.items() if one != key and not one.startswith(f"{key}/")}
        return {}

    # --- who may do what ---

    def grant(self, what: str, changes: list[Json] | None = None, **_: Any) -> Json:
        rights = self.rights.setdefault(what, {})
        for change in changes or []:
            had = set(rights.get(change["principal"], ()))
            rights[change["principal"]] = sorted(had - set(change.get("remove") or []) | set(change.get("add") or []))
        return {"privilege_assignments": [{"principal": who, "privileges": may} for who, may in rights.items() if may]}

    def permissions(self, what: str, access_control_list: list[Json] | None = None, **_: Any) -> Json:
        for entry in access_control_list or []:
            entry["all_permissions"] = [{"permission_level": entry.pop("permission_level")}]
        rights = self.rights.setdefault(what, []) if access_control_list is None else access_control_list
        self.rights[what] = rights
        return {"object_id": f"/{what}", "access_control_list": rights}

    # --- jobs and runs ---

    def create_job(self, **settings: Any) -> Json:
        number = next(self._numbers)
        self.jobs[number] = {"job_id": number, "creator_user_name": self.user, "settings": settings}
        return {"job_id": number}

    def reset_job(self, job_id: int, new_settings: Json) -> Json:
        _get(self.jobs, job_id)["settings"] = new_settings
        return {}

    def get_job(self, job_id: str, **_: Any) -> Json:
        found: Json = _get(self.jobs, int(job_id))
        return found

    def list_jobs(self, **_: Any) -> Json:
        return {"jobs": list(self.jobs.values())}

    def delete_job(self, job_id: int, **_: Any) -> Json:
        _get(self.jobs, job_id)
        del self.jobs[job_id]
        return {}

    def run_job(self, job_id: int, **request: Any) -> Json:
        """Goes on when this has been answered: the CLI does not wait for an answer for longer than 90 seconds."""
        settings, number = _get(self.jobs, job_id)["settings"], next(self._numbers)
        about = {"run_id": number, "job_id": job_id, "run_name": settings["name"], "run_page_url": self.url}
        self.runs[number] = {**about, "tasks": [], "state": {"life_cycle_state": "RUNNING"}}
        self._at_work[number] = threading.Thread(target=self._carry_out, args=(settings, request, number), daemon=True)
        self._at_work[number].start()
        return {"run_id": number}

    def _carry_out(self, settings: Json, request: Json, number: int) -> None:
        try:
            states = self.run(self, settings, {"run_id": number, **request})
        except Exception as error:  # in a thread nobody else would hear of it
            states, self.outputs = {}, {"broken": repr(error)}
        good = bool(states) and all(state == "SUCCESS" for state in states.values())
        tasks = [{"run_id": next(self._numbers), "task_key": key, "state": _ended(states[key])} for key in states]
        self.runs[number] |= {"tasks": tasks, "state": _ended("SUCCESS" if good else "FAILED")}

    def get_run(self, run_id: str, **_: Any) -> Json:
        found: Json = _get(self.runs, int(run_id))
        self._at_work[int(run_id)].join(timeout=30)  # whoever asks would only ask again
        return found

    def nothing(self, *_: Any, **__: Any) -> Json:
        return {}


TAKING_FILES = (FakeWorkspace.put_file, FakeWorkspace.put_in_volume)

ROUTES: tuple[tuple[str, Callable[..., Any]], ...] = (
    (r"GET /\.well-known/databricks-config|GET /preview/scim/v2/Me|GET /sql/warehouses", FakeWorkspace.about),
    (r"POST /telemetry-ext", FakeWorkspace.nothing),
    (r"POST /workspace-files/import-file(/.*)", FakeWorkspace.put_file),
    (r"POST /workspace/import", FakeWorkspace.import_),
    (r"PUT /fs/files(/Volumes/.*)", FakeWorkspace.put_in_volume),
    (r"PUT /fs/directories(/Volumes/.*?)/?", FakeWorkspace.make_folder),
    (r"HEAD /fs/files(/Volumes/.*)", FakeWorkspace.status_of_file),
    (r"HEAD /fs/directories(/Volumes/.*?)/?", FakeWorkspace.status),
    (r"POST /workspace/mkdirs", FakeWorkspace.make_folder),
    (r"GET /workspace/get-status", FakeWorkspace.status),
    (r"GET /workspace/list", FakeWorkspace.list_folder),
    (r"GET /workspace/export", FakeWorkspace.export),
    (r"POST /workspace/delete", FakeWorkspace.delete_files),
    (r"(?:GET|PATCH) /unity-catalog/permissions/(.*)", FakeWorkspace.grant),
    (r"(?:GET|PUT) /permissions/(.*)", FakeWorkspace.permissions),
    (r"POST (?:/unity-catalog)?/(schemas|volumes|alerts)", FakeWorkspace.create_item),
    (r"GET (?:/unity-catalog)?/((?:schemas|volumes|alerts)/.*)", FakeWorkspace.get_item),
    (r"PATCH (?:/unity-catalog)?/((?:schemas|volumes|alerts)/.*)", FakeWorkspace.change_item),
    (r"DELETE (?:/unity-catalog)?/((?:schemas|volumes|alerts)/.*)", FakeWorkspace.delete_item),
    (r"POST /lakeview/dashboards", FakeWorkspace.create_dashboard),
    (r"POST /lakeview/(dashboards/\w+/published)", FakeWorkspace.publish),
    (r"GET /lakeview/(dashboards/.*)", FakeWorkspace.get_item),
    (r"PATCH /lakeview/(dashboards/\w+)", FakeWorkspace.change_dashboard),
    (r"DELETE /lakeview/(dashboards/\w+)", FakeWorkspace.delete_dashboard),
    (r"POST /jobs/create", FakeWorkspace.create_job),
    (r"POST /jobs/reset", FakeWorkspace.reset_job),
    (r"GET /jobs/get", FakeWorkspace.get_job),
    (r"GET /jobs/list", FakeWorkspace.list_jobs),
    (r"POST /jobs/delete", FakeWorkspace.delete_job),
    (r"POST /jobs/run-now", FakeWorkspace.run_job),
    (r"GET /jobs/runs/get", FakeWorkspace.get_run),
    (r"GET /jobs/runs/get-output", FakeWorkspace.nothing),
)


def _get(table: dict[Any, Any], key: Any) -> Any:
    if key not in table:
        raise _missing(key)
    return table[key]


def _missing(name: Any) -> Refused:
    return Refused(404, "RESOURCE_DOES_NOT_EXIST", f"{name} does not exist")


def _ended(state: str) -> Json:
    return {"life_cycle_state": "TERMINATED" if state == "SUCCESS" else "INTERNAL_ERROR", "result_state": state}


@contextmanager
def serving(workspace: FakeWorkspace) -> Iterator[FakeWorkspace]:
    """On a free port of this machine, one request at a time, until the block ends."""
    one_at_a_time = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet: in two, each answer takes 40 ms

        def do_GET(self) -> None:
            url, raw = urlsplit(self.path), self._sent()
            try:
                with one_at_a_time:
                    answer = workspace.answer(self.command, unquote(url.path), dict(parse_qsl(url.query)), raw)
                code = 200
            except Refused as refused:
                code, error, message = refused.args
                answer = {"error_code": error, "message": message}
            except Exception as error:  # of ours: without an answer the SDK would try again for minutes
                code, answer = 400, {"error_code": "BROKEN_FAKE", "message": repr(error)}
            content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def _sent(self) -> bytes:
            """Whole, or in chunks, each after a line with its length."""
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            chunks = []
            while length := int(self.rfile.readline(), 16):
                chunks.append(self.rfile.read(length))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(chunks)

        do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    workspace.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield workspace
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    with serving(FakeWorkspace(catalogs=("dvd_dev", "dvd_staging", "dvd_prod", *sys.argv[1:]))) as fake:
        print(f"export DATABRICKS_HOST={fake.url} DATABRICKS_TOKEN=any", flush=True)  # noqa: T201
        print("In another shell. Ctrl-C stops it, and all is gone.", file=sys.stderr)  # noqa: T201
        with suppress(KeyboardInterrupt):
            threading.Event().wait()
