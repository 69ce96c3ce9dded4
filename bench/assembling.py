"""Histories put together into the office's tables: numbered, in the order of time, with events, links and counters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Column, DateTime

from bench.chains import Chain, moments
from bench.people import Columns, Registry
from db.case_words import indexed
from db.cases import Case
from db.counters import BY_DAY_ONLY, WHOLE_BY_DAY, WHOLE_BY_MONTH
from db.processes import PROCESSES, return_visits
from db.processes.repairs import ChargeKind

SATISFIED = [each.value for each in return_visits.SATISFIED]


def _column(chain: Chain, column: Column[Any]) -> np.ndarray:
    if column.name in chain.columns:
        return np.asarray(chain.columns[column.name])
    if isinstance(getattr(column.type, "impl", column.type), DateTime):
        return moments(chain.count)
    default = column.default.arg if column.default is not None and column.default.is_scalar else None  # type: ignore[attr-defined]
    return np.full(chain.count, getattr(default, "value", default), object)


def tables_of(chains: list[Chain], registry: Registry) -> dict[str, Columns]:
    """Make the finished tables, `cases` by time of opening."""
    for chain in chains:
        chain.set(
            process=np.full(chain.count, chain.process, object), opened_at=chain.opened_at,
            opened_on=(chain.opened_at + np.timedelta64(8, "h")).astype("datetime64[D]"), opened_by=chain.opened_by,
            state=chain.state, version=chain.version,
        )  # fmt: skip
    order = np.argsort(np.concatenate([chain.opened_at for chain in chains]), kind="stable")
    ids = np.empty(len(order), int)
    ids[order] = np.arange(len(order)) + 1
    starts = np.cumsum([0, *(chain.count for chain in chains)])
    for chain, start in zip(chains, starts, strict=False):
        chain.set(id=ids[start : start + chain.count])
    columns = [column for column in Case.__table__.columns if column.name not in {"id", "number"}]
    cases: Columns = {
        column.name: np.concatenate([_column(chain, column) for chain in chains])[order] for column in columns
    }
    cases["id"] = np.arange(len(order)) + 1
    numbers, series = _numbered(cases, registry)
    cases["number"] = numbers
    tables = {"cases": cases, "series": series}
    for key, process in PROCESSES.items():
        own = process.model.__table__
        mine = [chain for chain in chains if chain.process == key]
        if mine:  # what stands on bills, dunning say, is not made up here
            tables[own.name] = {
                column.name: np.concatenate([_column(chain, column) for chain in mine]) for column in own.columns
            }
    return tables | {
        "events": _events(chains), "case_links": _links(chains), "case_words": _words(cases),
        "counters": _counters(cases, tables),
    }  # fmt: skip


def _numbered(cases: Columns, registry: Registry) -> tuple[np.ndarray, Columns]:
    beginnings = {
        (key, estate): process.prefix + mark
        for key, process in PROCESSES.items()
        for estate, mark in registry.marks.items()
    }
    frame = pd.DataFrame({name: cases[name] for name in ("process", "estate_id", "opened_on")})
    groups = frame.groupby(["process", "estate_id", "opened_on"], sort=False)
    nth = groups.cumcount().to_numpy() + 1
    day = np.char.replace(np.datetime_as_string(cases["opened_on"].astype("datetime64[D]")), "-", "")
    begins = [beginnings[pair] for pair in zip(cases["process"], cases["estate_id"], strict=True)]
    numbers = np.array([f"{b}-{d}-{n:03d}" for b, d, n in zip(begins, day, nth, strict=True)], object)
    last = groups.size().reset_index(name="last")
    kind = [PROCESSES[each].prefix for each in last["process"]]
    series = {
        "estate_id": last["estate_id"].to_numpy(), "kind": kind,
        "day": last["opened_on"].to_numpy().astype("datetime64[D]"), "last": last["last"].to_numpy(),
    }  # fmt: skip
    return numbers, series


def _events(chains: list[Chain]) -> Columns:
    parts = [{**step, "case_id": chain.columns["id"][step["_row"]]} for chain in chains for step in chain.steps]
    events: Columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0] if name != "_row"}
    order = np.lexsort((events["version"], events["case_id"], events["occurred_at"]))
    events = {name: values[order] for name, values in events.items()}
    return events | {"id": np.arange(len(order)) + 1, "recorded_at": events["occurred_at"]}


def _links(chains: list[Chain]) -> Columns:
    newer, older = [], []
    for chain in chains:
        if "_origin" in chain.columns:
            process = chain.columns["origin_process"][0] if chain.count else ""
            origins = [each for each in chains if each.process == process]
            newer.append(chain.columns["id"])
            older.append(origins[0].columns["id"][chain.columns["_origin"]] if origins else np.array([], int))
    case_id = np.concatenate(newer)
    return {
        "id": np.arange(len(case_id)) + 1, "case_id": case_id, "other_id": np.concatenate(older),
        "kind": np.full(len(case_id), "return_visit", object),
    }  # fmt: skip


def _words(cases: Columns) -> Columns:
    known: dict[tuple[str, int, str], str] = {}
    told = zip(cases["process"], cases["estate_id"], cases["words"], strict=True)
    spelled = [known.get(each) or known.setdefault(each, indexed(*each)) for each in told]
    return {"case_id": cases["id"], "words": spelled}


def _counters(cases: Columns, tables: dict[str, Columns]) -> Columns:
    """Count under the headings of `db.counters`, column-wise."""
    place = ["process", "estate_id", "building_id"]
    frame = pd.DataFrame({name: cases[name] for name in [*place, "topic"]})
    frame["building_id"] = frame["building_id"].fillna(0).astype(int)
    days = {name: cases[name].astype("datetime64[D]") for name in ("opened_on", "handled_on", "closed_on")}
    counts = cases["counts"].astype(bool)
    handled = counts & ~np.isnat(days["handled_on"])
    on_time = handled & (np.isnat(cases["due_at"]) | (cases["handled_at"] <= cases["due_at"]))
    closed = counts & ~np.isnat(days["closed_on"])
    repairs = pd.DataFrame(
        {name: tables["repairs"][name] for name in ("charge_kind", "charge", "rating")}, dtype=object
    )
    paid = ((repairs["charge_kind"] == ChargeKind.PAID.value) & repairs["charge"].notna()).to_numpy()
    rating = repairs["rating"]
    satisfied = np.isin(tables["return_visits"]["satisfaction"].astype(str), SATISFIED)
    own = {
        "paid_done": tables["repairs"]["id"][paid],
        "paid_rated": tables["repairs"]["id"][paid & rating.notna().to_numpy()],
        "paid_satisfied": tables["repairs"]["id"][paid & rating.isin(SATISFIED).to_numpy()],
        "satisfied": tables["return_visits"]["id"][satisfied],
    }
    found = [
        _heading(frame, "void", days["opened_on"], ~counts),
        _heading(frame, "opened", days["opened_on"], counts),
        _heading(frame, "topic", days["opened_on"], counts),
        _heading(frame, "closed", days["closed_on"], closed),
        _heading(frame, "handled", days["handled_on"], handled),
        _heading(frame, "on_time", days["handled_on"], on_time),
        _heading(frame, "visited", days["handled_on"], handled & ~np.isnat(cases["visited_at"])),
        *(_heading(frame, name, days["handled_on"], handled & np.isin(cases["id"], ids)) for name, ids in own.items()),
    ]
    joined = pd.concat(found, ignore_index=True)
    columns = {name: joined[name].to_numpy() for name in joined.columns}
    return columns | {"day": columns["day"].astype("datetime64[D]")}


def _heading(frame: pd.DataFrame, measure: str, day: np.ndarray, where: np.ndarray) -> pd.DataFrame:
    """Count one measure in each of its grains: the whole estate by day and by month, the building by month."""
    month = day.astype("datetime64[M]").astype("datetime64[D]")
    grains = {"by_building": (frame["building_id"], month)}
    if measure != "topic":
        grains |= {"by_day": (WHOLE_BY_DAY, day), "by_month": (WHOLE_BY_MONTH, month)}
    if measure in BY_DAY_ONLY:
        grains = {"by_day": grains["by_day"]}
    parts = []
    for building, when in grains.values():
        chosen = frame[["process", "estate_id"]].assign(
            building_id=building, day=when, detail=frame["topic"] if measure == "topic" else ""
        )[where]
        counted = chosen.groupby(["process", "day", "estate_id", "building_id", "detail"], sort=True).size()
        parts.append(counted.reset_index(name="n").assign(measure=measure))
    return pd.concat(parts, ignore_index=True)
