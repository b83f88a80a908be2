#pragma once
// record(recorder, place, body): the typed way to record a fact; for .cpp files. Personal fields
// of the body are sealed under their person's key, which is created if there is none.

#include <concepts>

#include "kernel/journal/journal.h"
#include "kernel/journal/record_classes.h"
#include "kernel/journal/retention.h"
#include "kernel/json/json.h"

namespace noroshi::journal {

// Every kind of record has a class, hence a retention period, from the day it is first written.
template <class Body>
concept HasRecordClass = requires {
    { Body::record_class } -> std::convertible_to<RecordClass>;
};

template <HasRecordClass Body>
void record(Recorder& recorder, const Place& place, const Body& body) {
    (void)class_is_known<Body>;
    json::for_each_personal(body, [&](const Personal& personal) {
        if (!personal.of.empty()) recorder.ensure_person_key(personal.of);
    });
    recorder.record_encoded(place, Body::kind, Body::schema,
                            json::write_fact(body, recorder.keyring(), recorder.random()));
}

// event<Body>(journal, [](World, const Body&, const Envelope&) -> std::optional<std::string> {json});
template <class Body, class F>
void event(Journal& journal, F render) {
    journal.add_event(Body::kind,
                      [render = std::move(render)](const void* body, const Envelope& at) {
                          return render(World{ExerciseId{std::string(at.exercise)}},
                                        *static_cast<const Body*>(body), at);
                      });
}

}  // namespace noroshi::journal
