#pragma once
// An SMS gateway in the same process, for tests and the bench: speaks SMPP 3.4 on a loopback port
// of its own and misbehaves as it is told. Made of our PDUs; that they are the right ones, tests/
// peers shows against Kannel.

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge/courier/smpp_pdu.h"
#include "edge/courier/sms_text.h"
#include "edge/courier/tcp_line.h"
#include "kernel/result.h"

namespace noroshi::edge::courier {

class Smsc {
public:
    enum class Mood {
        well,
        hangs,         // binds and never answers again
        refuses_bind,  // wrong password, it says
        throttles,     // 0x58 to everything
        bad_number,    // 0x0B to everything
        breaks,        // closes after the message has come
        loses          // takes it and never tells of it again
    };
    struct Taken {
        std::string to;
        std::string text;  // whole, joined
        std::string from;
    };

    Smsc() {
        listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ASSERT(::bind(listening_, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
        ASSERT(::listen(listening_, 16) == 0);
        socklen_t size = sizeof at;
        ::getsockname(listening_, reinterpret_cast<sockaddr*>(&at), &size);
        port_ = ntohs(at.sin_port);
        accepting_ = std::jthread([this](const std::stop_token& stop) { accept(stop); });
    }
    ~Smsc() {
        accepting_.request_stop();
        accepting_.join();
        ::close(listening_);
    }

    std::uint16_t port() const { return port_; }
    std::atomic<Mood> mood = Mood::well;
    std::atomic<bool> sends_receipts = false;
    std::atomic<bool> keeps_texts = true;
    std::atomic<std::size_t> count = 0;  // parts taken

    std::vector<Taken> taken() const {
        std::lock_guard lock(guard_);
        return taken_;
    }
    // Somebody writes to us.
    void say(const std::string& from, const std::string& text) {
        std::lock_guard lock(guard_);
        for (const auto& part : split_sms(text, 77).parts)
            to_say_.push_back(
                {from, split_sms(text, 77).alphabet, part, split_sms(text, 77).parts.size() > 1});
    }
    std::size_t acknowledged() const { return acknowledged_; }
    std::size_t turned_down() const { return turned_down_; }

private:
    struct Said {
        std::string from;
        SmsAlphabet alphabet;
        std::string part;
        bool header;
    };

    void accept(const std::stop_token& stop) {
        std::vector<std::jthread> talks;
        while (!stop.stop_requested()) {
            pollfd one{listening_, POLLIN, 0};
            if (::poll(&one, 1, 20) <= 0) continue;
            const int socket = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
            if (socket >= 0) talks.emplace_back([this, socket, stop] { talk(socket, stop); });
        }
    }

    void talk(int socket, const std::stop_token& stop) {
        using smpp::Command;
        TcpLine line;
        line.take(socket);
        std::string bytes;
        bool bound = false;
        std::uint32_t own = 1;
        const std::chrono::milliseconds patience(1'000);
        std::string out;
        auto send = [&](Command command, std::uint32_t status, std::uint32_t sequence,
                        std::string body) {
            out += smpp::write_pdu(
                {static_cast<std::uint32_t>(command), status, sequence, std::move(body)});
        };
        while (!stop.stop_requested()) {
            if (!line.read(bytes, std::chrono::milliseconds(5))) return;
            if (mood == Mood::hangs && bound) {
                bytes.clear();
                continue;
            }
            while (true) {
                auto pdu = smpp::take_pdu(bytes);
                if (!pdu) return;
                if (!*pdu) break;
                switch (static_cast<Command>((*pdu)->command)) {
                case Command::bind_transceiver:
                    bound = mood != Mood::refuses_bind;
                    send(Command::bind_transceiver_resp, bound ? 0 : 0x0E, (*pdu)->sequence,
                         std::string("smsc\0", 5));
                    break;
                case Command::enquire_link:
                    send(Command::enquire_link_resp, 0, (*pdu)->sequence, {});
                    break;
                case Command::deliver_sm_resp:
                    ((*pdu)->status == 0 ? acknowledged_ : turned_down_) += 1;
                    break;
                case Command::unbind: send(Command::unbind_resp, 0, (*pdu)->sequence, {}); break;
                case Command::submit_sm: {
                    const Mood now = mood;
                    if (now == Mood::breaks) return;
                    const std::string id = "m" + std::to_string(++count);
                    const std::uint32_t status = now == Mood::throttles    ? 0x58
                                                 : now == Mood::bad_number ? 0x0B
                                                                           : 0;
                    send(Command::submit_sm_resp, status, (*pdu)->sequence,
                         status == 0 ? id + std::string(1, '\0') : std::string());
                    if (status != 0) break;
                    auto submit = smpp::read_submit((*pdu)->body);
                    if (!submit || !keeps_texts) break;
                    std::lock_guard lock(guard_);
                    auto whole =
                        joiner_.add(submit->destination, read_sms(submit->user_data, submit->coding,
                                                                  (submit->esm_class & 0x40) != 0));
                    if (whole) taken_.push_back({submit->destination, *whole, submit->source});
                    if (sends_receipts && submit->receipt && now != Mood::loses) {
                        smpp::Deliver receipt;
                        receipt.source = submit->destination;
                        receipt.destination = submit->source;
                        receipt.esm_class = 0x04;
                        receipt.user_data = "id:" + id +
                                            " sub:001 dlvrd:001 submit date:2607040630 done "
                                            "date:2607040630 stat:DELIVRD err:000 text:";
                        send(Command::deliver_sm, 0, own++, smpp::deliver_body(receipt));
                    }
                    break;
                }
                default: break;
                }
            }
            if (bound) {
                std::lock_guard lock(guard_);
                for (auto& said : to_say_) {
                    smpp::Deliver deliver;
                    deliver.source = said.from;
                    deliver.destination = "818000000000";  // Kannel drops what is to nobody
                    deliver.esm_class = said.header ? 0x40 : 0;
                    deliver.coding = said.alphabet == SmsAlphabet::ucs2 ? 8 : 0;
                    deliver.user_data = said.part;
                    send(Command::deliver_sm, 0, own++, smpp::deliver_body(deliver));
                }
                to_say_.clear();
            }
            if (!out.empty() && !line.write(out, patience)) return;
            out.clear();
        }
    }

    int listening_ = -1;
    std::uint16_t port_ = 0;
    mutable std::mutex guard_;
    std::vector<Taken> taken_;
    SmsJoiner joiner_;
    std::vector<Said> to_say_;
    std::atomic<std::size_t> acknowledged_ = 0, turned_down_ = 0;
    std::jthread accepting_;
};

}  // namespace noroshi::edge::courier
