"""Views that belong together: "attention 2.3" is the member (2, 3) of the family "attention"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from zhtui.lesson.views import Heatmap, View

MEMBER = re.compile(r"(.+) (\d+)\.(\d+)")
Place = tuple[int, int]  # row and column among the members, as their names count


@dataclass(frozen=True)
class Family:
    """A view by its name, or many heatmaps by their places under one name."""

    name: str
    view: View | None = None
    members: Mapping[Place, Heatmap] | None = None

    def member(self, place: Place) -> View:
        """The view at a place, or the only one there is."""
        if not self.members:
            assert self.view is not None, "a family has a view or members"
            return self.view
        return self.members.get(place) or self.members[min(self.members)]

    def kept(self, place: Place) -> Place:
        """The place itself, or the first where it has no member."""
        if not self.members or place in self.members:
            return place
        return min(self.members)

    def beside(self, place: Place, by: int) -> Place:
        """The next member in order."""
        places = sorted(self.members or ()) or [place]
        return places[(places.index(self.kept(place)) + by) % len(places)]

    def below(self, place: Place, by: int) -> Place:
        """The member in the same column, so many rows further."""
        column = sorted(at for at in self.members or () if at[1] == place[1])
        if place not in column:
            return self.kept(place)
        return column[(column.index(place) + by) % len(column)]


def families(views: Mapping[str, View]) -> list[Family]:
    """Views in their order, members gathered where the first of them stands.

    Members stand for a lone view of their family's name: they say more.
    """
    members: dict[str, dict[Place, Heatmap]] = {}
    for name, view in views.items():
        match = MEMBER.fullmatch(name)
        if match and isinstance(view, Heatmap):
            members.setdefault(match[1], {})[int(match[2]), int(match[3])] = view
    found: dict[str, Family] = {}
    for name, view in views.items():
        match = MEMBER.fullmatch(name)
        own = match[1] if match and isinstance(view, Heatmap) else name
        if own in members:
            found.setdefault(own, Family(own, members=members[own]))
        else:
            found[own] = Family(own, view)
    return list(found.values())
