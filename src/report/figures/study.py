"""Reads a study's output directory. What has not run is None; a file that cannot be read is named in `damaged`."""

import glob
import json
import os
import re

import h5py
import numpy as np

from sealed import open_result, require_seal
from wording import Property


def _text(value):
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _names(value):
    """Species names from an attribute: an array of strings, or one string with commas."""
    array = np.atleast_1d(value)
    if len(array) == 1:
        return [part.strip() for part in _text(array[0]).split(",")]
    return [_text(item) for item in array]


def _attribute(node, name):
    value = node.attrs.get(name)
    if value is None:
        return None
    value = np.asarray(value).reshape(-1)[0]
    return _text(value) if isinstance(value, (bytes, str)) else value.item()


def _group(file, name):
    """Datasets of a group by name; None where the file has no such group."""
    return {key: file[name][key][...] for key in file[name]} if name in file else None


class Sample:
    """One sample's results as NumPy arrays, units as in the files (A, eV, ps, K, GPa, eV/A^2)."""

    def __init__(self, directory, damaged):
        self.directory = directory
        self.label = os.path.basename(directory)
        self.names, self.id, self.species, self.rate, self.test_rate = [], None, None, None, False
        self.attributes, self.rdf, self.thermo, self.voronoi = {}, None, None, None
        self.position = self.cell = self.inherent_energy = None
        self.inherent = False
        self.stiffness = self.stiffness_at = self.temperature = self.reliability = None
        self.method = "dynamics"
        self.compliance = self.modes = self.density = self.hops = self.convergence = None
        self.predicted = self.split = self.deviation = self.interval_90 = self.novelty = None
        self.property, self.given = Property(), None
        self.harmonic = self.elastic = None
        self.events = self.atoms_barriers = self.viscosity_temperature = None
        self.status_names, self.cost_names = [], []
        for name, read in (("glass.h5", self._read_glass), ("thermo.h5", self._read_thermo),
                           ("stiffness.h5", self._read_stiffness), ("prediction.h5", self._read_prediction),
                           ("elastic.h5", self._read_elastic), ("barriers.h5", self._read_barriers)):
            path = os.path.join(directory, name)
            if not os.path.exists(path):
                continue
            try:
                with open_result(path) as file:
                    read(file)
            except (OSError, KeyError, ValueError, RuntimeError) as error:
                damaged.append(f"samples/{self.label}/{name}: {error}")
        self._check(damaged)

    def _read_glass(self, file):
        self.species = file["species"][...].astype(int)
        self.names = _names(file["species"].attrs["names"]) if "names" in file["species"].attrs else []
        if len(self.names) <= self.species.max():
            self.names = [f"species {s + 1}" for s in range(self.species.max() + 1)]
        self.id = file["id"][...] if "id" in file else np.arange(1, len(self.species) + 1)
        self.inherent = "inherent/position" in file
        source = file["inherent"] if self.inherent else file
        self.position = source["position"][...]
        self.cell = source["cell"][...] if "cell" in source else file["cell"][...]
        if "inherent/energy" in file:
            self.inherent_energy = float(np.sum(file["inherent/energy"][...]))
        if "inherent/voronoi" in file:
            self.voronoi = {key: file["inherent/voronoi"][key][...] for key in ("volume", "faces", "index")}
        if "rdf" in file:
            self.rdf = {key: file["rdf"][key][...] for key in file["rdf"]}
        for key in ("sample", "rate_K_per_s", "seed", "test_rate", "potential_sha256", "version"):
            self.attributes[key] = _attribute(file, key)
        self.rate = self.attributes["rate_K_per_s"] or None  # 0: the structure was given
        self.test_rate = bool(self.attributes["test_rate"] or 0)

    def _read_thermo(self, file):
        self.thermo = {key: file[key][...] for key in file if isinstance(file[key], h5py.Dataset)}
        atoms = _attribute(file, "n_atoms")
        self.thermo_atoms = int(atoms) if atoms else (len(self.species) if self.species is not None else None)
        if not self.thermo_atoms:
            self.thermo = None
            raise KeyError("neither the attribute n_atoms nor glass.h5 gives the number of atoms")

    def _read_stiffness(self, file):
        self.stiffness = file["stiffness"][...]
        self.method = _attribute(file, "method") or "dynamics"
        if "stiffness_at" in file and "temperature" in file:
            self.stiffness_at, self.temperature = file["stiffness_at"][...], file["temperature"][...]
        if "reliability" in file:
            self.reliability = np.atleast_1d(file["reliability"][...]).astype(float)
        elif "reliability" in file.attrs:
            self.reliability = np.atleast_1d(file.attrs["reliability"]).astype(float)
        self.compliance = file["harmonic/compliance"][...] if "harmonic/compliance" in file else None
        self.harmonic = file["harmonic/stiffness"][...] if "harmonic/stiffness" in file else None
        self.modes, self.density = _group(file, "modes"), _group(file, "density_of_states")
        self.hops, self.convergence = _group(file, "hops"), _group(file, "convergence")

    @property
    def label_temperatures(self):
        """Temperatures [K] that the label is a mean over; None for one from the Hessian."""
        return self.temperature if self.method == "dynamics" else None

    def _read_prediction(self, file):
        name = _attribute(file, "property") or "stiffness"
        if name != "stiffness":
            self.property = Property(name, _attribute(file, "unit") or "1")
        if name != "stiffness" or "label" in file:
            self.given = file["label"][...]
        self.predicted = file[name][...]
        self.split = file["split"][...].astype(int) if "split" in file else None
        for key, name in (("deviation", "standard_deviation"), ("interval_90", "interval_90"), ("novelty", "novelty")):
            values = file[name][...] if name in file else None
            if values is not None and len(values) != len(self.predicted):
                raise ValueError(f"/{name} has {len(values)} values, /{self.property.name} {len(self.predicted)}")
            setattr(self, key, values)

    @property
    def real(self):
        """What the networks learn of each atom: the stiffness, or what the structure came with (NaN: nothing)."""
        return self.stiffness if self.property.is_stiffness and self.given is None else self.given

    @property
    def known(self):
        """Which atoms have a real and a predicted value."""
        return np.isfinite(self.real) & np.isfinite(self.predicted)

    @property
    def label_reliability(self):
        """Of what the networks learn; None where that is not known."""
        return float(self.reliability[-1]) if self.reliability is not None and self.property.is_stiffness else None

    @property
    def averaged(self):
        """The atoms over which real and predicted values are averaged to compare them, in words."""
        return "all atoms" if np.all(self.known) else "all atoms with a real value"

    def _read_elastic(self, file):
        elastic = {key: file[key][...] for key in ("stiffness", "split", "interval_90", "novelty")}
        if len({len(column) for column in elastic.values()}) != 1:
            raise ValueError("its values are not of the same atoms")
        elastic["relaxed"], elastic["shares"] = bool(_attribute(file, "relaxed")), None
        self.elastic = elastic  # which wrong shares leave as it is
        if "shares" in file and self.names:
            elastic["shares"] = self._shares(file["shares"])

    def _shares(self, group):
        """Shares of springs in the stiffness of the softest tenth of the atoms, and of the stiffest (2, ...)."""
        shares = {key: group[key][...] for key in ("distance", "along", "across", "density", "reach")}
        pairs, bins = len(self.names) * (len(self.names) + 1) // 2, shares["distance"].size
        if bins < 2:
            raise ValueError("/shares/distance has fewer than two bins")
        rings = max(1, shares["reach"].shape[-1] if shares["reach"].ndim else 0)
        for key, shape in (("distance", (bins,)), ("along", (2, pairs, bins)), ("across", (2, pairs, bins)),
                           ("density", (2,)), ("reach", (2, rings))):
            if shares[key].shape != shape:
                raise ValueError(f"/shares/{key} has the shape {shares[key].shape}, not {shape}")
        return shares

    @property
    def elastic_label(self):
        """The stiffness that the elastic network learns: the harmonic one where there is a Hessian."""
        return self.stiffness if self.harmonic is None else self.harmonic

    def _read_barriers(self, file):
        events = {key: file["events"][key][...] for key in ("center", "attempt", "status", "barrier", "evaluations",
                                                            "cost", "whole_evaluations", "duplicate_of")}
        if len({len(column) for column in events.values()}) != 1:
            raise ValueError("columns of /events have different lengths")
        self.status_names = _names(file["events/status"].attrs["names"])
        self.cost_names = _names(file["events/cost"].attrs["names"])
        self.atoms_barriers = {key: file["atoms"][key][...] for key in
                               ("mean_barrier", "standard_error", "accepted", "attempts", "log10_viscosity")}
        self.viscosity_temperature = _attribute(file["atoms"], "viscosity_K")
        self.events = events

    def _check(self, damaged):
        """Arrays of different lengths cannot belong to one sample: drop the later one and say so."""
        if self.species is None:
            return
        for key in ("stiffness", "compliance", "harmonic", "predicted", "split", "given"):
            array = getattr(self, key)
            if array is not None and len(array) != len(self.species):
                damaged.append(f"samples/{self.label}: {key} has {len(array)} atoms, glass.h5 {len(self.species)}")
                setattr(self, key, None)
                if key == "predicted":
                    self.split = self.deviation = self.interval_90 = self.novelty = None
        if self.elastic is not None and len(self.elastic["stiffness"]) != len(self.species):
            damaged.append(f"samples/{self.label}: elastic.h5 is not of the atoms of glass.h5")
            self.elastic = None
        for key, names in (("modes", ["participation"]), ("hops", ["moved_before", "hopped_within"])):
            group = getattr(self, key)
            if group is not None and any(group[name].shape[-1] != len(self.species) for name in names):
                damaged.append(f"samples/{self.label}: {key} are not of the atoms of glass.h5")
                setattr(self, key, None)
        if self.events is not None and (len(self.atoms_barriers["accepted"]) != len(self.species) or
                                        not np.all(np.isin(self.events["center"], self.id))):
            damaged.append(f"samples/{self.label}: barriers.h5 is not of the atoms of glass.h5")
            self.events = self.atoms_barriers = None

    @property
    def atoms(self):
        return len(self.species) if self.species is not None else None

    @property
    def volume_per_atom(self):
        """[A^3] of the structure that the descriptors and maps use (inherent where there is one)."""
        return float(abs(np.linalg.det(self.cell))) / self.atoms if self.cell is not None else None


class Study:
    """Everything that the report needs, from OUTDIR."""

    def __init__(self, directory):
        self.directory = os.path.abspath(directory)
        self.damaged, self.computed = [], {}
        self.summary = self._json("summary.json")
        self.metrics = self._json("metrics.json") or self.get("metrics", default={})  # those of the train stage
        self.config = self._text_file("config.resolved.toml")
        folders = [f for f in glob.glob(os.path.join(glob.escape(self.directory), "samples", "*"))
                   if os.path.isdir(f) and re.fullmatch(r"\d+", os.path.basename(f))]
        self.samples = [Sample(f, self.damaged) for f in sorted(folders, key=lambda f: int(os.path.basename(f)))]
        self.samples = [s for s in self.samples if s.species is not None or s.thermo is not None]
        self.property = self._property()
        self.history = self._history()
        self.laws = self._laws()

    def _text_file(self, name):
        try:
            with open(os.path.join(self.directory, name), encoding="utf-8", errors="replace") as stream:
                return stream.read()
        except FileNotFoundError:
            return None

    def _json(self, name):
        text = self._text_file(name)
        if text is None:
            return {}
        try:
            require_seal(text)
            value = json.loads(text)
        except ValueError as error:
            self.damaged.append(f"{name}: {error}")
            return {}
        return value if isinstance(value, dict) else {}

    def _property(self):
        """What the networks learn: predictions tell it, and where there are none the study file."""
        predicted = [s for s in self.samples if s.predicted is not None]
        label = re.search(r'^label = "([A-Za-z_]\w*)"(?:\nlabel_unit = "(\S+)")?', self.config or "",
                          re.MULTILINE | re.ASCII)
        if predicted:
            result = predicted[0].property
        elif label and label[1] != "stiffness":
            result = Property(label[1], label[2] or "1")
        else:
            result = Property()
        for s in self.samples:
            if s.predicted is not None and s.property.name != result.name:
                self.damaged.append(f"samples/{s.label}/prediction.h5 is of {s.property.name}, not of {result.name}")
                s.predicted = s.split = s.deviation = s.interval_90 = s.novelty = s.given = None
            s.property = result
        return result

    def _history(self):
        path = os.path.join(self.directory, "model.h5")
        if not os.path.exists(path):
            return None
        try:
            with open_result(path) as file:
                # Rows of the first network of the ensemble: epoch, learning rate, training and validation loss.
                if "networks/0/history" not in file:
                    return None
                rows = np.asarray(file["networks/0/history"][...], float)
                names = ("epoch", "learning_rate", "train_loss", "validation_loss")
                return dict(zip(names, rows.T))
        except (OSError, KeyError, ValueError, RuntimeError) as error:
            self.damaged.append(f"model.h5: {error}")
            return None

    def _laws(self):
        """Laws of the elastic network for each pair of its elements, and those of the potential (pairs, distances)."""
        path = os.path.join(self.directory, "elastic_model.h5")
        if not os.path.exists(path):
            return None
        try:
            with open_result(path) as file:
                if "laws/distance" not in file:
                    return None
                laws = {key: file["laws"][key][...] for key in ("distance", "learned", "potential")}
                laws["closest"] = file["calibration/closest"][...]
                laws["elements"] = _names(file["network"].attrs["elements"])
        except (OSError, KeyError, ValueError, RuntimeError) as error:
            self.damaged.append(f"elastic_model.h5: {error}")
            return None
        shape = len(laws["elements"]) * (len(laws["elements"]) + 1) // 2, len(laws["distance"])
        if laws["learned"].shape != shape or laws["potential"].shape != shape or laws["closest"].shape != shape[:1]:
            self.damaged.append("elastic_model.h5: the laws are not of its pairs of elements")
            return None
        return laws

    def get(self, *keys, default=None):
        """summary.json's value at a path of keys, or `default`."""
        node = self.summary
        for key in keys:
            if not isinstance(node, dict) or key not in node:
                return default
            node = node[key]
        return default if node is None else node

    @property
    def names(self):
        for sample in self.samples:
            if sample.names:
                return sample.names
        return []

    @property
    def main_samples(self):
        """Samples at the study's own cooling rate; those at extra testing rates only where there are no others."""
        main = [s for s in self.samples if not s.test_rate]
        return main or self.samples

    @property
    def test_samples(self):
        """Samples at the study's own rate of which the network has seen no atom, with labels and predictions."""
        return [s for s in self.main_samples if s.predicted is not None and s.real is not None
                and s.split is not None and s.species is not None and s.cell is not None and np.all(s.split == 1)]

    @property
    def rates(self):
        return sorted({s.rate for s in self.samples if s.rate is not None})
