#pragma once
/// \file The fields of a saddle-search event: one table of names and units for the HDF5 files and for events.txt.

#include <string>
#include <vector>

#include "artn/event.hpp"

namespace mg::study {

/// Names of SearchStatus in the order of its numbers, as files have them.
const std::vector<std::string>& search_status_names();
/// Names of SearchCost likewise.
const std::vector<std::string>& search_cost_names();

/// A column of events.txt.
struct EventColumn {
    int place = 0;             ///< from 1; 0: the field has no column
    const char* heading = "";  ///< above its unit
    int width = 0;             ///< characters
    int digits = 0;            ///< after the point
    const char* below = "";    ///< the heading, where there is no unit
};

/// Name, unit and meaning of one field of an event; artn/event.hpp explains it in full.
struct EventField {
    const char* name;       ///< of the dataset
    const char* unit = "";  ///< attribute `unit` of the dataset; "": none
    const char* what = "";  ///< attribute `what` of the dataset; "": the name says it
    EventColumn column = {};
};

/// Kinds of fields besides the members of Event themselves.
struct AtomOfEvent {
    int Event::*index;  ///< in the structure, -1: none; files hold the atom's id
};
struct IfAccepted {
    double Event::*value;  ///< files hold 0 where the event is not accepted
};
struct CostOfEvent {};  ///< Event::cost, (events, search_costs)

/// visit(EventField, kind) for each field that is one value of an event, in the order of files; the kind is a pointer
/// to the member, or one of the above.
template <class Visit>
void for_each_event_field(const Visit& visit) {
    using F = EventField;
    using E = Event;
    visit(F{"center", "", "", {1, "center", 9, 0, "id"}}, AtomOfEvent{&E::center});
    visit(F{"attempt", "", "", {2, "attempt", 7}}, &E::attempt);
    visit(F{"status", "", "", {3, "status", 16}}, &E::status);
    visit(F{"barrier", "eV", "", {4, "barrier", 9, 5}}, IfAccepted{&E::barrier});
    visit(F{"confined_barrier", "eV", "", {5, "confined", 9, 5}}, &E::confined_barrier);
    visit(F{"eigenvalue", "eV/A^2", "", {6, "eigenval", 9, 4}}, &E::eigenvalue);
    visit(F{"second_eigenvalue", "eV/A^2", "at the same saddle, an upper bound"}, &E::second_eigenvalue);
    visit(F{"force", "eV/A", "", {7, "force", 8, 4}}, &E::force);
    visit(F{"final_energy",
            "eV",
            "above the first minimum, with the atoms that moved in the last descent",
            {8, "final", 9, 5}},
          &E::final_energy);
    visit(F{"evaluations", "", "", {9, "evals", 6}}, &E::evaluations);
    visit(F{"cost"}, CostOfEvent{});
    visit(F{"larger_evaluations"}, &E::larger_evaluations);
    visit(F{"whole_evaluations", "", "", {10, "whole", 6}}, &E::whole_evaluations);
    visit(F{"overlap"}, &E::overlap);
    visit(F{"shift", "A"}, &E::shift);
    visit(F{"duplicate_of", "", "", {13, "duplicate", 9}}, &E::duplicate_of);
    visit(F{"moved", "", "", {11, "moved", 5}}, &E::moved);
    visit(F{"most_displaced", "", "", {12, "most_far", 9}}, AtomOfEvent{&E::most_displaced});
    visit(F{"checked", "", "saddle followed down again with all atoms moving: 1 connected, 2 not"}, &E::checked);
    visit(F{"whole_final_energy", "eV"}, &E::whole_final_energy);
}

/// visit(EventField, member) for the displacements of an event's atoms.
template <class Visit>
void for_each_event_displacement(const Visit& visit) {
    visit(EventField{"saddle_displacement", "A", "at the saddle of barrier"}, &Event::saddle);
    visit(EventField{"confined_saddle_displacement", "A", "at the saddle of confined_barrier"},
          &Event::confined_saddle);
    visit(EventField{"final_displacement", "A"}, &Event::final_state);
}

}  // namespace mg::study
