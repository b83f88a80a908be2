#pragma once
// Registration templates for .cpp files:
//
//   listen<EntryAdded>(listeners, [this](Live<EntryAdded> fact) { … }, [this](Drill<EntryAdded> fact) { … });
//   listen_live<TerminalRegistered>(listeners, [this](Live<TerminalRegistered> fact) { … });
//   listen_any<EntryAdded>(listeners, [this](World world, const EntryAdded& body, const Envelope& at) { … });

#include "kernel/journal/listeners.h"
#include "kernel/journal/record_classes.h"
#include "kernel/json/json.h"

namespace noroshi::journal {

template <class Body>
void declare_kind(Kinds& kinds) {
    if constexpr (requires { Body::record_class; }) (void)class_is_known<Body>;
    kinds.declare(Body::kind,
                  [](std::string_view text, std::uint32_t schema,
                     const Keyring* keyring) -> Result<std::shared_ptr<const void>> {
                      if (schema != static_cast<std::uint32_t>(Body::schema))
                          return fail(ErrorKind::corrupt, "kernel.journal.unknown_schema",
                                      {{"kind", std::string(Body::kind)},
                                       {"schema", std::to_string(schema)}});
                      auto body = std::make_shared<Body>();
                      TRY(json::read_fact(text, *body, keyring));
                      return std::shared_ptr<const void>(std::move(body));
                  });
}

template <class Body, class OnLive>
void listen_live(Listeners& listeners, OnLive on_live) {
    declare_kind<Body>(listeners.kinds());
    listeners.add(Body::kind, true, false,
                  [on_live = std::move(on_live)](const void* body, const Envelope& at) {
                      on_live(Live<Body>{*static_cast<const Body*>(body), at});
                  });
}

template <class Body, class OnDrill>
void listen_drill(Listeners& listeners, OnDrill on_drill) {
    declare_kind<Body>(listeners.kinds());
    listeners.add(Body::kind, false, true,
                  [on_drill = std::move(on_drill)](const void* body, const Envelope& at) {
                      on_drill(Drill<Body>{*static_cast<const Body*>(body), at});
                  });
}

template <class Body, class OnLive, class OnDrill>
void listen(Listeners& listeners, OnLive on_live, OnDrill on_drill) {
    listen_live<Body>(listeners, std::move(on_live));
    listen_drill<Body>(listeners, std::move(on_drill));
}

template <class Body, class OnAny>
void listen_any(Listeners& listeners, OnAny on_any) {
    declare_kind<Body>(listeners.kinds());
    listeners.add(Body::kind, true, true,
                  [on_any = std::move(on_any)](const void* body, const Envelope& at) {
                      on_any(World{ExerciseId{std::string(at.exercise)}},
                             *static_cast<const Body*>(body), at);
                  });
}

}  // namespace noroshi::journal
