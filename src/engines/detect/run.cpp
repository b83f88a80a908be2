#include "engines/detect/run.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <queue>
#include <thread>

#include "engines/detect/correlation.h"

namespace noroshi::engines::detect {

namespace {

// What a block came to. Texts of its matches lie in `store`.
struct Worked {
    struct Match {
        std::uint64_t line = 0;
        Micros time = no_time;        // no_time: as the event before, which is in an earlier block
        Micros max_before = no_time;  // latest time in this block up to and including this event
        std::uint32_t rule = 0;
        std::uint32_t event_at = 0;  // in store
        std::uint32_t event_size = 0;
        std::uint32_t values = 0;  // into `values`, as many as the rule wants
        bool has_time = false;
    };
    struct Hit {
        std::string value;
        std::string field;
        std::string_view type;
        std::uint32_t origin = 0;
    };
    static constexpr std::uint32_t no_rule = UINT32_MAX;  // of an indicator; values: into `hits`
    struct Text {
        std::uint32_t at = 0;
        std::uint32_t size = UINT32_MAX;  // absent
    };
    std::uint64_t sequence = 0;
    std::size_t source = 0;
    std::vector<Match> matches;
    std::vector<Text> values;
    std::vector<Hit> hits;
    std::string store;
    Micros last_time = no_time;
    Micros max_time = no_time;
    std::uint64_t lines = 0;
    std::uint64_t parsed = 0;
    std::map<std::string, std::uint64_t, std::less<>> unparsed;
};

class Worker {
public:
    Worker(const Detector& detector, const RunOptions& options, const std::vector<Source>& sources)
        : detector_(detector), sources_(sources), reader_(detector, options.read),
          matcher_(detector), event_(detector.fields()), indicators_(options.indicators),
          behaviour_(options.behaviour), beacons_(options.beacons) {}

    std::shared_ptr<Worked> work(const Block& block) {
        auto out = std::make_shared<Worked>();
        out->sequence = block.sequence;
        out->source = block.source;
        reader_.begin(sources_[block.source], block.zeek);
        source_ = block.source;
        if (block.is_binary) {
            reader_.read_flows(
                block.bytes, event_,
                [&](std::uint64_t number, Event&) {
                    ++out->lines;
                    took(number, *out);
                },
                [&](std::string_view reason, std::uint64_t count) {
                    out->lines += count;
                    out->unparsed[std::string(reason)] += count;
                });
        } else if (block.is_document) {
            for (const auto& piece : block.pieces)
                line(std::string_view(block.bytes).substr(piece.at, piece.size), piece.line, *out);
        } else {
            const std::string_view text = block.bytes;
            std::uint64_t number = block.first_line;
            for (std::size_t at = 0; at < text.size(); ++number) {
                const std::size_t end = std::min(text.find('\n', at), text.size());
                line(text.substr(at, end - at), number, *out);
                at = end + 1;
            }
        }
        return out;
    }

private:
    void line(std::string_view text, std::uint64_t number, Worked& out) {
        const std::string_view reason = reader_.read(text, event_);
        if (reason == Reader::nothing) return;
        ++out.lines;
        if (!reason.empty()) {
            const auto found = out.unparsed.find(reason);
            if (found != out.unparsed.end())
                ++found->second;
            else
                out.unparsed.emplace(reason, 1);
            return;
        }
        took(number, out);
    }

    // The event is read; `number` is its line.
    void took(std::uint64_t number, Worked& out) {
        ++out.parsed;
        if (event_.time != no_time) {
            out.last_time = event_.time;
            out.max_time = std::max(out.max_time, event_.time);
        }
        if (behaviour_ != nullptr) behaviour_->take(event_, source_, number);
        if (beacons_ != nullptr) beacons_->take(event_);
        std::uint32_t event_at = 0;
        std::uint32_t event_size = 0;
        if (indicators_ != nullptr) {
            hits_.clear();
            indicators_->match(event_, hits_);
            for (const IndicatorHit& hit : hits_) {
                if (event_size == 0) {
                    event_at = static_cast<std::uint32_t>(out.store.size());
                    append_event_json(out.store, event_);
                    event_size = static_cast<std::uint32_t>(out.store.size()) - event_at;
                }
                Worked::Match match;
                match.line = number;
                match.time = out.last_time;
                match.has_time = event_.time != no_time;
                match.max_before = out.max_time;
                match.rule = Worked::no_rule;
                match.event_at = event_at;
                match.event_size = event_size;
                match.values = static_cast<std::uint32_t>(out.hits.size());
                out.hits.push_back(
                    {std::string(hit.value), std::string(hit.field), hit.type, hit.origin});
                out.matches.push_back(match);
            }
        }
        for (const std::uint32_t rule : matcher_.match(event_)) {
            Worked::Match match;
            match.line = number;
            match.time = out.last_time;
            match.has_time = event_.time != no_time;
            match.max_before = out.max_time;
            match.rule = rule;
            if (!detector_.is_silent(rule)) {
                if (event_size == 0) {
                    event_at = static_cast<std::uint32_t>(out.store.size());
                    append_event_json(out.store, event_);
                    event_size = static_cast<std::uint32_t>(out.store.size()) - event_at;
                }
                match.event_at = event_at;
                match.event_size = event_size;
            }
            match.values = static_cast<std::uint32_t>(out.values.size());
            for (const FieldId field : detector_.wanted(rule)) {
                auto& text_of = out.values.emplace_back();
                const std::uint32_t first = event_.first(field);
                if (first == 0 || event_.values()[first - 1].kind == Kind::null) continue;
                text_of.at = static_cast<std::uint32_t>(out.store.size());
                for (std::uint32_t at = first; at != 0; at = event_.values()[at - 1].next) {
                    if (at != first) out.store += '\x1f';
                    out.store += event_.values()[at - 1].text;
                }
                text_of.size = static_cast<std::uint32_t>(out.store.size()) - text_of.at;
            }
            out.matches.push_back(match);
        }
    }

    const Detector& detector_;
    const std::vector<Source>& sources_;
    Reader reader_;
    Matcher matcher_;
    Event event_;
    const Indicators* indicators_;
    Behaviour* behaviour_;
    BeaconFinder* beacons_;
    std::vector<IndicatorHit> hits_;
    std::size_t source_ = 0;
};

// Matches in order of arrival to matches in order of time.
class Order {
public:
    Order(const Detector& detector, const RunOptions& options, bool single,
          const std::function<void(const Found&)>& tell)
        : detector_(detector), indicators_(options.indicators), reorder_(options.reorder),
          single_(single), tell_(tell),
          correlator_(detector, [this](Found&& found) { say(found); }) {}

    void take(std::shared_ptr<Worked> worked) {
        if (worked->source != source_) {
            source_ = worked->source;
            running_max_ = no_time;
            last_ = no_time;
        }
        for (std::size_t i = 0; i < worked->matches.size(); ++i) {
            auto& match = worked->matches[i];
            if (match.time == no_time) match.time = last_;
            const Micros high = std::max(running_max_, match.max_before);
            Waiting waiting;
            waiting.order = match.time;
            if (high != no_time) waiting.order = std::max(waiting.order, high - reorder_);
            waiting.line = match.line;
            waiting.source = worked->source;
            waiting.index = i;
            waiting.block = worked;
            put(std::move(waiting));
        }
        if (worked->last_time != no_time) last_ = worked->last_time;
        running_max_ = std::max(running_max_, worked->max_time);
        if (single_ && running_max_ != no_time) release(running_max_ - reorder_);
    }

    void finish() {
        if (!single_) {
            std::ranges::sort(all_, Waiting::before);
            for (const auto& waiting : all_) emit(waiting);
            all_.clear();
        } else {
            release(INT64_MAX);
        }
        flush();
    }
    void say(const Found& found) {
        ++found_;
        tell_(found);
    }

    std::uint64_t found() const { return found_; }

private:
    struct Waiting {
        Micros order = no_time;
        std::uint64_t line = 0;
        std::size_t source = 0;
        std::size_t index = 0;
        std::shared_ptr<Worked> block;

        static bool before(const Waiting& a, const Waiting& b) {
            if (a.order != b.order) return a.order < b.order;
            if (a.source != b.source) return a.source < b.source;
            if (a.line != b.line) return a.line < b.line;
            return a.index < b.index;
        }
    };
    struct Later {
        bool operator()(const Waiting& a, const Waiting& b) const { return Waiting::before(b, a); }
    };

    void put(Waiting&& waiting) {
        if (!single_)
            all_.push_back(std::move(waiting));
        else if (in_order_.empty() || !Waiting::before(waiting, in_order_.back()))
            in_order_.push_back(std::move(waiting));
        else
            late_.push(std::move(waiting));
    }
    // Everything that nothing can come before any more.
    void release(Micros until) {
        for (;;) {
            const bool take_late =
                !late_.empty() &&
                (in_order_.empty() || Waiting::before(late_.top(), in_order_.front()));
            if (!take_late && in_order_.empty()) return;
            const Waiting& next = take_late ? late_.top() : in_order_.front();
            if (next.order > until) return;
            const Waiting now = next;
            if (take_late)
                late_.pop();
            else
                in_order_.pop_front();
            emit(now);
        }
    }
    void emit(const Waiting& waiting) {
        const auto& match = waiting.block->matches[waiting.index];
        if (!event_.empty() &&
            (event_source_ != waiting.source || event_.front().line != match.line))
            flush();
        if (match.event_size > 0) {
            Found found;
            found.rule = match.rule;
            found.time = match.has_time ? match.time : no_time;
            found.source = waiting.source;
            found.line = match.line;
            found.event = waiting.block->store.substr(match.event_at, match.event_size);
            if (match.rule == Worked::no_rule) {
                const auto& hit = waiting.block->hits[match.values];
                found.kind = Found::Kind::indicator;
                found.rule_id = hit.value;
                found.level = "high";
                found.title = indicators_->origins()[hit.origin].name;
                found.group = {{"type", std::string(hit.type)},
                               {"value", hit.value},
                               {"field", hit.field},
                               {"origin", found.title}};
            }
            say(found);
        }
        if (match.rule == Worked::no_rule || correlator_.is_idle()) return;
        const auto& wanted = detector_.wanted(match.rule);
        Matched matched;
        matched.rule = match.rule;
        matched.order = waiting.order;
        matched.time = match.time;
        matched.source = waiting.source;
        matched.line = match.line;
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            const auto& text = waiting.block->values[match.values + i];
            auto& value = matched.values.emplace_back();
            if (text.size != UINT32_MAX)
                value = std::string_view(waiting.block->store).substr(text.at, text.size);
        }
        event_.push_back(std::move(matched));
        event_block_ = waiting.block;
        event_source_ = waiting.source;
    }
    void flush() {
        if (event_.empty()) return;
        correlator_.take(event_);
        event_.clear();
    }

    const Detector& detector_;
    const Indicators* indicators_;
    const Micros reorder_;
    const bool single_;
    const std::function<void(const Found&)>& tell_;
    Correlator correlator_;
    std::size_t source_ = SIZE_MAX;
    Micros running_max_ = no_time;
    Micros last_ = no_time;
    std::deque<Waiting> in_order_;
    std::priority_queue<Waiting, std::vector<Waiting>, Later> late_;
    std::vector<Waiting> all_;
    std::vector<Matched> event_;  // matches of the event being told
    std::shared_ptr<Worked> event_block_;
    std::size_t event_source_ = 0;
    std::uint64_t found_ = 0;
};

}  // namespace

Summary run(const Detector& detector, std::vector<Source> sources, const RunOptions& options,
            const std::function<void(const Found&)>& tell) {
    Summary summary;
    const bool single = sources.size() == 1;
    Input input(std::move(sources), options.read.format);
    Order order(detector, options, single, tell);
    const auto take = [&](std::shared_ptr<Worked> worked) {
        summary.lines += worked->lines;
        summary.parsed += worked->parsed;
        for (const auto& [reason, count] : worked->unparsed) summary.unparsed[reason] += count;
        order.take(std::move(worked));
    };
    if (options.threads <= 1 || options.behaviour != nullptr || options.beacons != nullptr ||
        options.read.format == Format::netflow) {
        Worker worker(detector, options, input.sources());
        while (const auto block = input.next()) take(worker.work(*block));
    } else {
        std::mutex guard;
        std::condition_variable changed;
        std::map<std::uint64_t, std::shared_ptr<Worked>> done;
        std::uint64_t next = 0;    // to be taken
        std::uint64_t handed = 0;  // blocks handed out
        bool ended = false;
        unsigned busy = options.threads;
        const std::uint64_t ahead = 4ULL * options.threads;
        {
            std::vector<std::jthread> threads;
            for (unsigned i = 0; i < options.threads; ++i)
                threads.emplace_back([&] {
                    Worker worker(detector, options, input.sources());
                    for (;;) {
                        std::optional<Block> block;
                        {
                            std::unique_lock lock(guard);
                            changed.wait(lock, [&] { return ended || handed < next + ahead; });
                            if (!ended) block = input.next();
                            if (!block) {
                                ended = true;
                                --busy;
                                changed.notify_all();
                                return;
                            }
                            ++handed;
                        }
                        auto worked = worker.work(*block);
                        const std::lock_guard lock(guard);
                        done.emplace(worked->sequence, std::move(worked));
                        changed.notify_all();
                    }
                });
            for (;;) {
                std::shared_ptr<Worked> worked;
                {
                    std::unique_lock lock(guard);
                    changed.wait(lock, [&] {
                        return (!done.empty() && done.begin()->first == next) || busy == 0;
                    });
                    if (done.empty()) break;
                    worked = std::move(done.begin()->second);
                    done.erase(done.begin());
                    ++next;
                    changed.notify_all();
                }
                take(std::move(worked));
            }
        }
    }
    order.finish();
    if (options.behaviour != nullptr)
        options.behaviour->finish([&](Found&& found) { order.say(found); });
    summary.bytes = input.bytes();
    summary.found = order.found();
    summary.trouble = input.trouble();
    return summary;
}

}  // namespace noroshi::engines::detect
