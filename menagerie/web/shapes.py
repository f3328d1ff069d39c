"""What the API answers with, field by field: the OpenAPI description is made of this."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]


class Shape(BaseModel):
    """Refuses fields that it does not describe, so that the description stays whole."""

    model_config = ConfigDict(extra="forbid")


class DatasetEntry(Shape):
    """A dataset in a list."""

    name: str
    title: str
    labels: list[str] = Field(description="The classes, in the order of the recipe.")
    release: str | None = Field(description="The current release; null before the first.")
    model: str | None = Field(description="The champion; null before the first.")
    accuracy: Share | None = Field(description="The champion's on its test split.")


class Datasets(Shape):
    """The datasets of this home."""

    datasets: list[DatasetEntry]


class Funnel(Shape):
    """Where the photos of a dataset stand. States and reasons each sum to what was found."""

    dataset: str
    found: Count
    states: dict[str, Count] = Field(description="Photos by state: pending, rejected, kept.")
    reasons: dict[str, Count] = Field(description="Photos by reason.")
    classes: dict[str, dict[str, Count]] = Field(description="Photos by class and state.")


class ReleaseEntry(Shape):
    """A release in a list."""

    id: str
    date: str = Field(description="When it was published, as 2026-03-01T09:30:00Z.")
    created_at: int = Field(description="The same in unix seconds.")
    train: Count = Field(description="Samples to train on.")
    test: Count = Field(description="Samples to test on.")
    bytes: Count = Field(description="What it takes on the disk.")
    models: list[str] = Field(description="The models that were trained on it.")
    current: bool
    note: str = Field(description="What is odd about it; usually empty.")


class Releases(Shape):
    """The releases of a dataset, the newest first."""

    dataset: str
    releases: list[ReleaseEntry]


class ModelEntry(Shape):
    """A model in a list; accuracy, interval and samples are those of its last test."""

    id: str
    date: str = Field(description="When it was trained, as 2026-03-01T09:30:00Z.")
    created_at: int = Field(description="The same in unix seconds.")
    network: str
    release: str = Field(description="The release that it was trained on.")
    accuracy: Share | None
    interval: list[float] | None = Field(description="The 95 % interval of the accuracy.")
    samples: Count | None
    judged_on: str | None = Field(description="The release whose test split it was tested on.")
    champion: bool
    note: str


class Models(Shape):
    """The models of a dataset, the newest first."""

    dataset: str
    models: list[ModelEntry]


class Run(Shape):
    """A run of a flow, as Prefect's server tells of it."""

    id: str
    name: str
    state: str
    dataset: str = Field(description="Empty where no tag tells it.")
    started_at: str | None
    url: str = Field(description="Where people look at it, in Prefect's UI.")


class Runs(Shape):
    """The runs that are under way."""

    runs: list[Run]


class NeighbourEntry(Shape):
    """A training photo that looks alike to the model, with its credits."""

    label: str
    likeness: float = Field(description="The cosine of what the model sees: 1 is the same.")
    sha256: str
    thumb: str = Field(description="Where a small picture of it is.")
    title: str
    creator: str
    license: str
    license_url: str
    page_url: str = Field(description="Its page at its source; empty where it has none.")


class PredictionEntry(Shape):
    """What came of one photo: a prediction, or an error and its reason."""

    photo: str = Field(description="The name or the address that it was sent with.")
    label: str | None = Field(None, description="Null if no class is probable enough.")
    none_of_these: bool | None = Field(None, description="Whether no class is probable enough.")
    probability: Share | None = Field(None, description="Of the best class, named or not.")
    probabilities: dict[str, Share] | None = Field(None, description="By class, best first.")
    note: str | None = None
    neighbours: list[NeighbourEntry] | None = Field(
        None, description="Null if none were asked for, or they are still looked for."
    )
    neighbours_pending: bool | None = Field(
        None, description="True while the training photos are looked through: ask again."
    )
    error: str | None = None
    reason: str | None = Field(None, description="Of the closed list of reasons.")


class PredictionList(Shape):
    """What a model says of photos, in the order in which they were sent."""

    dataset: str
    model: str
    release: str = Field(description="The release that the model was trained on.")
    classes: list[str]
    threshold: Share = Field(description="How probable a class must be to be named.")
    predictions: list[PredictionEntry]


class About(Shape):
    """Which program serves which home here."""

    name: str
    version: str
    home: str = Field(description="A word for the home that does not tell where it is.")


class Problem(BaseModel):
    """What was wrong, what was received, what to do (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
