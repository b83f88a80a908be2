#include "edge/archive/intake.h"

#include <memory>
#include <utility>

namespace noroshi::edge::archive {

Intake::Intake(Archive& archive, journal::Journal& journal, unsigned threads,
               std::uint64_t limit_bytes)
    : archive_(archive), journal_(journal), limit_bytes_(limit_bytes), pool_(threads, 4096) {}

Result<> Intake::submit(Batch batch) {
    const auto size = batch.lines.size();
    if (waiting_bytes_.fetch_add(size) + size > limit_bytes_) {
        waiting_bytes_ -= size;
        return fail(ErrorKind::unavailable, "edge.archive.overloaded");
    }
    auto held = std::make_shared<Batch>(std::move(batch));
    const bool taken = pool_.submit([this, held, size] {
        take(std::move(*held));
        waiting_bytes_ -= size;
    });
    if (taken) return {};
    waiting_bytes_ -= size;
    return fail(ErrorKind::unavailable, "edge.archive.overloaded");
}

void Intake::take(Batch batch) {
    if (batch.after_a_gap)
        if (auto skipped = archive_.skip_to(batch.source, batch.first_line); !skipped)
            return batch.done(std::unexpected(skipped.error()));
    auto appended =
        archive_.append(batch.source, batch.first_line, batch.lines, journal_.clock().now());
    if (!appended) return batch.done(std::unexpected(appended.error()));
    if (!*appended) return batch.done(archive_.next_line(batch.source));
    journal::Command command;
    command.actor = std::move(batch.actor);
    command.decide = [head = **appended, record = std::move(batch.record)](
                         journal::Recorder& recorder) -> Result<journal::Answer> {
        TRY(record(recorder, head));
        return journal::Answer{};
    };
    command.done = [this, head = **appended, source = batch.source,
                    done = std::move(batch.done)](Result<journal::Answer> answer) {
        if (answer) return done(head.first_line + head.lines);
        // Refused or not durable: whoever sent it has it still and sends it again.
        [[maybe_unused]] const auto taken_back = archive_.take_back(source, head.first_line);
        done(std::unexpected(answer.error()));
    };
    journal_.submit(std::move(command));
}

}  // namespace noroshi::edge::archive
