#include "edge/courier/smpp_courier.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "edge/courier/smpp_pdu.h"
#include "edge/courier/sms_text.h"
#include "edge/courier/tcp_line.h"
#include "kernel/crypto/hash.h"

namespace noroshi::edge::courier {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// One thread reads and, while nothing comes, sends signs of life; the senders write under `guard`
// and wait for their answers. A connection has a generation: what waits for an answer of an older
// one will not get it.
struct SmppCourier::Link : std::enable_shared_from_this<SmppCourier::Link> {
    SmppOptions options;
    OnInbound on_inbound;

    std::mutex guard;
    std::condition_variable changed;
    TcpLine line;
    enum class State { down, binding, bound } state = State::down;
    std::string why_down = "cannot connect";
    std::uint32_t next_sequence = 1;
    std::uint64_t generation = 0;
    struct Waiting {
        bool answered = false;
        bool lost = false;
        std::uint32_t status = 0;
        std::string reference;
    };
    std::map<std::uint32_t, Waiting*> waiting;  // by sequence
    SmsJoiner joiner;
    std::jthread reader;
    std::atomic<bool> ending = false;
    bool stays = false;

    bool write(smpp::Command command, std::uint32_t status, std::uint32_t sequence,
               std::string body) {
        return line.write(smpp::write_pdu({static_cast<std::uint32_t>(command), status, sequence,
                                           std::move(body)}),
                          options.patience);
    }
    std::uint32_t sequence() {
        if (next_sequence > 0x7FFFFFFF) next_sequence = 1;
        return next_sequence++;
    }

    // With `guard` held. Starts the thread if there is none; waits until bound or known to be down.
    bool bind(std::unique_lock<std::mutex>& lock) {
        if (state == State::bound) return true;
        if (ending) return false;
        if (state == State::down) {
            state = State::binding;
            ++generation;
            lock.unlock();
            if (reader.joinable()) reader.join();
            reader = std::jthread([this] { read(); });
            lock.lock();
        }
        changed.wait_for(lock, options.patience * 2, [&] { return state != State::binding; });
        return state == State::bound;
    }

    // The reader's life: connect, bind, read until the end.
    void read() {
        const bool connected = line.connect(options.host, options.port, options.patience);
        std::string bytes;
        if (connected) {
            std::lock_guard lock(guard);
            write(smpp::Command::bind_transceiver, 0, sequence(),
                  smpp::bind_body({options.system_id, options.password, options.system_type}));
        }
        auto quiet_since = steady_clock::now();
        bool asked = false;
        std::string reason = connected ? "connection lost" : "cannot connect";
        bool open = connected;
        while (open && !ending) {
            const auto before = bytes.size();
            if (!line.read(bytes, milliseconds(250))) break;
            const auto now = steady_clock::now();
            if (bytes.size() != before) {
                quiet_since = now;
                asked = false;
            }
            while (open) {
                auto pdu = smpp::take_pdu(bytes);
                if (!pdu) reason = "not SMPP";
                if (!pdu || !*pdu) {
                    open = pdu.has_value();
                    break;
                }
                open = take(**pdu, reason);
            }
            std::lock_guard lock(guard);
            const auto quiet = now - quiet_since;
            if (state == State::binding && quiet > options.patience) {
                reason = "no answer to bind";
                open = false;
            } else if (quiet > options.keep_alive + options.patience) {
                reason = "silent";
                open = false;
            } else if (state == State::bound && quiet > options.keep_alive && !asked) {
                asked = true;
                open = write(smpp::Command::enquire_link, 0, sequence(), {});
            }
        }
        std::lock_guard lock(guard);
        if (ending && state == State::bound) write(smpp::Command::unbind, 0, sequence(), {});
        state = State::down;
        why_down = reason;
        line.close();
        for (auto& [number, one] : waiting) one->lost = true;
        waiting.clear();
        changed.notify_all();
    }

    bool take(const smpp::Pdu& pdu, std::string& reason) {
        using smpp::Command;
        switch (static_cast<Command>(pdu.command)) {
        case Command::bind_transceiver_resp: {
            std::lock_guard lock(guard);
            if (pdu.status != smpp::status_ok) {
                reason = "bind refused " + std::to_string(pdu.status);
                return false;
            }
            state = State::bound;
            changed.notify_all();
            return true;
        }
        case Command::submit_sm_resp:
        case Command::generic_nack: {
            std::lock_guard lock(guard);
            const auto found = waiting.find(pdu.sequence);
            if (found == waiting.end()) return true;
            found->second->answered = true;
            found->second->status =
                pdu.status == 0 && pdu.command == static_cast<std::uint32_t>(Command::generic_nack)
                    ? 1
                    : pdu.status;
            found->second->reference = smpp::read_name(pdu.body);
            waiting.erase(found);
            changed.notify_all();
            return true;
        }
        case Command::enquire_link: {
            std::lock_guard lock(guard);
            return write(Command::enquire_link_resp, 0, pdu.sequence, {});
        }
        case Command::deliver_sm: return hear(pdu);
        case Command::unbind: {
            std::lock_guard lock(guard);
            write(Command::unbind_resp, 0, pdu.sequence, {});
            reason = "unbound by the gateway";
            return false;
        }
        default: return true;
        }
    }

    bool hear(const smpp::Pdu& pdu) {
        auto answer = [weak = weak_from_this(), sequence = pdu.sequence,
                       generation = generation](bool taken) {
            const auto link = weak.lock();
            if (!link) return;
            std::lock_guard lock(link->guard);
            if (link->state != State::bound || link->generation != generation) return;
            link->write(smpp::Command::deliver_sm_resp,
                        taken ? smpp::status_ok : smpp::status_app_temporary, sequence,
                        std::string(1, '\0'));
        };
        auto deliver = smpp::read_deliver(pdu.body);
        if (!deliver || !on_inbound) {
            // What cannot be read now will not be read later either.
            answer(true);
            return true;
        }
        Inbound inbound;
        inbound.gateway = options.name;
        if (deliver->is_receipt()) {
            const auto receipt = smpp::read_receipt(*deliver);
            inbound.kind = Inbound::Kind::receipt;
            inbound.reference = receipt.reference;
            inbound.arrived = receipt.arrived;
            inbound.is_final = receipt.final;
            inbound.state = receipt.state;
            if (!receipt.final) {
                answer(true);
                return true;
            }
        } else {
            auto text = joiner.add(deliver->source, read_sms(deliver->user_data, deliver->coding,
                                                             deliver->has_header()));
            if (!text) {
                answer(true);
                return true;
            }
            inbound.from = deliver->source;
            inbound.text = std::move(*text);
        }
        on_inbound(std::move(inbound), std::move(answer));
        return true;
    }

    Delivery carry(const Message& message) {
        Delivery delivery{Outcome::failed, options.name, {}};
        std::string to = message.to;
        std::erase_if(to, [](char c) { return c == '+' || c == '-' || c == ' '; });
        if (to.empty() || to.size() > 20 ||
            !std::ranges::all_of(to, [](char c) { return c >= '0' && c <= '9'; }))
            return {Outcome::refused, options.name, "malformed number"};
        const auto parts = split_sms(message.text, sha256(message.key)[0]);

        std::unique_lock lock(guard);
        if (!bind(lock)) {
            delivery.detail = why_down;
            return delivery;
        }
        const bool digits = std::ranges::all_of(
            options.source, [](char c) { return (c >= '0' && c <= '9') || c == '+'; });
        std::vector<Waiting> answers(parts.parts.size());
        std::vector<std::uint32_t> sequences;
        bool broken = false;
        for (std::size_t i = 0; i < parts.parts.size() && !broken; ++i) {
            smpp::Submit submit;
            submit.source = options.source;
            std::erase(submit.source, '+');
            submit.source_ton = digits ? 1 : 5;
            submit.source_npi = digits ? 1 : 0;
            submit.destination = to;
            submit.esm_class = parts.parts.size() > 1 ? 0x40 : 0;
            submit.coding = parts.alphabet == SmsAlphabet::ucs2 ? 8 : 0;
            submit.receipt = i + 1 == parts.parts.size();
            submit.user_data = parts.parts[i];
            const auto number = sequence();
            sequences.push_back(number);
            waiting[number] = &answers[i];
            if (!write(smpp::Command::submit_sm, 0, number, smpp::submit_body(submit))) {
                broken = true;
                line.shut();
            }
        }
        auto is_over = [&] {
            return std::ranges::all_of(std::span(answers).first(sequences.size()),
                                       [](const Waiting& one) { return one.answered || one.lost; });
        };
        changed.wait_for(lock, options.patience, is_over);
        for (const auto number : sequences) waiting.erase(number);

        std::size_t taken = 0;
        std::optional<std::uint32_t> status;
        bool doubt = broken;
        for (const auto& one : std::span(answers).first(sequences.size())) {
            if (!one.answered)
                doubt = true;
            else if (one.status == smpp::status_ok)
                ++taken;
            else
                status = one.status;
        }
        if (taken == answers.size()) {
            delivery.outcome = Outcome::delivered;
            delivery.reference = answers.back().reference;
            delivery.detail = "submit_sm_resp 0";
        } else if (doubt || taken > 0) {
            delivery.outcome = Outcome::unknown;
            delivery.detail = status ? "submit_sm_resp " + std::to_string(*status) : "no answer";
        } else {
            delivery.outcome =
                *status == smpp::status_invalid_destination ? Outcome::refused : Outcome::failed;
            delivery.detail = "submit_sm_resp " + std::to_string(*status);
        }
        return delivery;
    }

    void end() {
        ending = true;
        {
            std::lock_guard lock(guard);
            changed.notify_all();
        }
        if (reader.joinable()) reader.join();
    }
};

Result<std::unique_ptr<SmppCourier>> SmppCourier::create(SmppOptions options,
                                                         OnInbound on_inbound) {
    if (options.host.empty())
        return invalid("edge.courier.sms_host", "/sms/gateways", {{"name", options.name}});
    if (options.name.empty()) options.name = options.host + ":" + std::to_string(options.port);
    auto link = std::make_shared<Link>();
    link->options = std::move(options);
    link->on_inbound = std::move(on_inbound);
    return std::unique_ptr<SmppCourier>(new SmppCourier(std::move(link)));
}

SmppCourier::~SmppCourier() { link_->end(); }

Delivery SmppCourier::carry(const Message& message, int) { return link_->carry(message); }

void SmppCourier::listen() {
    std::unique_lock lock(link_->guard);
    link_->bind(lock);
}

}  // namespace noroshi::edge::courier
