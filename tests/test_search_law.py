"""The law of search: nothing is missed, nothing is made up, whatever the people, plates and units are called."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from db import search
from db.people import SYSTEM, Role
from db.registry import Vehicle
from db.search import find
from db.session import reading, writing
from db.spellings import readings, squeezed
from tests.builders import a_building, a_customer, a_phone, a_unit, an_actor, an_estate

SURNAMES, GIVEN = "吴曾单张欧解", "学文明静三"
names = st.builds(lambda first, rest: first + rest, st.sampled_from(SURNAMES), st.text(GIVEN, min_size=1, max_size=3))
numbers = st.from_regex(r"1[38][0-2]{9}", fullmatch=True)
rooms = st.builds("{}0{}".format, st.integers(1, 12), st.integers(1, 3))
places = st.tuples(st.sampled_from(["1", "2", "12"]), st.sampled_from(["", "1", "2"]), rooms)
plates = st.from_regex(r"冀[AR][0-2]{3}[AB][0-2]", fullmatch=True)


def name_says(name, typed):
    plain, asked = squeezed(name), squeezed(typed)
    if asked in plain:
        return True
    if not asked.isascii():
        return False
    for way in readings(name):
        initials = "".join(each[0] for each in way)
        sounds = ["".join(way[at:]) for at in range(max(len(way) - 1, 1))]
        if any(each.startswith(asked) for each in sounds) or (
            asked in initials and len(initials) - initials.index(asked) > 1
        ):
            return True
    return False


def _titles(hits):
    return [hit.title for hit in hits]


@given(
    people=st.lists(st.tuples(names, numbers), max_size=12),
    cars=st.sets(plates, max_size=5),
    homes=st.sets(places, max_size=12),
    data=st.data(),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_search_finds_what_a_look_through_everything_finds(engine, people, cars, homes, data):
    with writing(SYSTEM) as s:
        estate = an_estate(s)
        desk = an_actor(s, [estate], Role.DESK)
        for name, number in people:
            a_phone(s, a_customer(s, estate, name), number)
        buildings = {code: a_building(s, estate, code) for code in sorted({code for code, _e, _r in homes})}
        for code, entrance, room in homes:
            a_unit(s, buildings[code], entrance, room)
        s.add_all([Vehicle(estate_id=estate.id, plate=plate) for plate in sorted(cars)])
        s.flush()
        search.refresh(s, "vehicle", s.scalars(select(Vehicle.id).where(Vehicle.estate_id == estate.id)), fresh=True)
    typed_name = data.draw(st.text(SURNAMES + GIVEN + "wuxezngs", min_size=1, max_size=4), label="name")
    typed_phone = data.draw(st.text("0123", min_size=3, max_size=6), label="phone")
    typed_plate = data.draw(st.text("冀AR012B", min_size=3, max_size=5), label="plate")
    typed_home = data.draw(places.map(lambda parts: "-".join(filter(None, parts))), label="home")
    with reading(desk) as s:
        assert sorted(_titles(find(s, typed_name, kinds=("customer",), limit=200))) == sorted(
            name for name, _number in people if name_says(name, typed_name)
        )
        assert sorted(_titles(find(s, typed_phone, kinds=("customer",), limit=200))) == sorted(
            name for name, number in people if number.endswith(typed_phone)
        )
        assert sorted(_titles(find(s, typed_plate, kinds=("vehicle",), limit=200))) == sorted(
            plate
            for plate in cars
            if typed_plate in plate and (plate.startswith(typed_plate) or "冀" not in typed_plate)
        )
        assert {hit.title for hit in find(s, typed_home, kinds=("unit",), limit=200)} == {
            "-".join(filter(None, home))
            for home in homes
            if any(
                "-".join(filter(None, parts)).startswith(typed_home)
                for parts in (home, (home[0], home[2]), (home[1], home[2]), (home[2],))
            )
        }
