"""Image: one tag for a recipe and a week, built where it is not there."""

from datetime import date

import pytest

from edgebook.errors import LabError
from edgebook.lab.docker import build, image

NEW_YEAR = date(2027, 1, 1)
TAG = image.tag_of(NEW_YEAR, image.recipe_hash())


@pytest.fixture
def built(monkeypatch):
    """Keep what is built, and build nothing."""
    tags = []
    monkeypatch.setattr(build, "build", lambda tag, *_: tags.append(tag))
    return tags


def has(*tags):
    """Return an answer of Docker that has these images."""
    known = " | ".join(f'*" {tag}"' for tag in tags)
    listed = "".join(f"{tag}\\n" for tag in tags)
    return f"case \"$*\" in 'image ls'*) printf '{listed}';; {known}) exit 0;; *) exit 1;; esac"


def test_a_tag_has_the_recipe_and_the_iso_week():
    """The first of January 2027 is still in the last week of 2026."""
    assert "edgebook-host:abc-2026w53" == image.tag_of(NEW_YEAR, "abc")


def test_every_file_of_the_recipe_counts(tmp_path):
    """A changed package, script or Dockerfile is another image."""
    for name in image.FILES:
        (tmp_path / name).write_text("one")
    hashes = {image.recipe_hash(tmp_path)}
    for name in image.FILES:
        (tmp_path / name).write_text("two")
        hashes.add(image.recipe_hash(tmp_path))
    assert 1 + len(image.FILES) == len(hashes)


def test_an_image_that_is_there_is_used(fake_docker, built):
    """Then one question to Docker is all."""
    fake_docker.says(has(TAG))
    assert (TAG, []) == (image.ensure("", NEW_YEAR, print), built)
    assert 1 == len(fake_docker.calls)


def test_an_image_that_is_not_there_is_built(fake_docker, built):
    """It gets this week's tag, and images of other recipes stay."""
    fake_docker.says(has("edgebook-host:other-2026w01"))
    assert (TAG, [TAG]) == (image.ensure("", NEW_YEAR, print), built)
    assert [] == [call for call in fake_docker.calls if call.startswith("image rm")]


def test_last_weeks_image_goes_when_this_weeks_is_built(fake_docker, built):
    """Otherwise each week would leave one behind."""
    old = TAG.replace("2026w53", "2026w52")
    fake_docker.says(has(old))
    image.ensure("", NEW_YEAR, print)
    assert f"image rm {old}" == fake_docker.calls[-1]


def test_where_nothing_can_be_built_an_earlier_weeks_image_does(fake_docker, monkeypatch):
    """Without Internet the newest of the same recipe is used, and that is said."""

    def fails(*_):
        raise LabError("no mirror")

    said = []
    monkeypatch.setattr(build, "build", fails)
    fake_docker.says(has(TAG.replace("2026w53", "2026w51"), TAG.replace("2026w53", "2026w52")))
    assert TAG.replace("2026w53", "2026w52") == image.ensure("", NEW_YEAR, said.append)
    assert "no mirror" in said[0]
    fake_docker.says(has("edgebook-host:other-2026w01"))
    with pytest.raises(LabError, match="no mirror"):
        image.ensure("", NEW_YEAR, said.append)


def test_a_wanted_image_is_used_or_pulled_or_named(fake_docker, built):
    """One that is nowhere is an error with its name."""
    fake_docker.says(has("mine:1"))
    assert "mine:1" == image.ensure("mine:1", NEW_YEAR, print)
    fake_docker.says('[ "$1" = pull ]')
    assert "mine:2" == image.ensure("mine:2", NEW_YEAR, print)
    fake_docker.says("exit 1")
    with pytest.raises(LabError, match="no image mine:3"):
        image.ensure("mine:3", NEW_YEAR, print)


def test_a_machine_that_has_no_image_and_no_way_to_one_says_so(fake_docker, monkeypatch):
    """With an image, an earlier week's, or a way to build one there is no reason."""
    monkeypatch.setattr(build.shutil, "which", lambda _: None)
    fake_docker.says("[ $1 = image ] && [ $2 = ls ]")
    assert "cannot be built" in image.reason(NEW_YEAR)
    for tag in (TAG, TAG.replace("2026w53", "2026w52"), build.BASE):
        fake_docker.says(has(tag))
        assert "" == image.reason(NEW_YEAR)
