#include <algorithm>
#include <cmath>

#include "engines/simulate/tally.h"

namespace noroshi::simulate {

namespace {

// Waits of several replications, merged in their order (Chan, Golub, LeVeque 1983).
struct Moments {
    double count = 0;
    double mean = 0;
    double m2 = 0;

    void add(const Tally& tally) {
        if (tally.customers == 0) return;
        const auto n = static_cast<double>(tally.customers);
        const double other = tally.shift + tally.sum / n;
        const double other_m2 = std::max(0.0, tally.squares - tally.sum * tally.sum / n);
        const double delta = other - mean;
        const double all = count + n;
        mean += delta * n / all;
        m2 += other_m2 + delta * delta * count * n / all;
        count = all;
    }
};

struct Spread {
    double mean = 0;
    double squares = 0;
    double count = 0;
    void add(double value) {
        ++count;
        const double delta = value - mean;
        mean += delta / count;
        squares += delta * (value - mean);
    }
    double sd() const { return count > 1 ? std::sqrt(squares / (count - 1)) : 0; }
};

class Merging {
public:
    Merging(const Plan& plan, const std::vector<Replication>& replications,
            const std::vector<Quantiles>& quantiles)
        : plan_(plan), replications_(replications), quantiles_(quantiles) {
        for (const auto& one : replications) time_ += one.time;
    }

    // Of the classes [from, to) at a place together.
    Figures figures(std::size_t place, std::size_t from, std::size_t to) const {
        Figures out;
        const std::size_t classes = plan_.classes.size();
        const bool is_link = plan_.places[place].is_link;
        Moments waits;
        Spread means;
        Quantiles quantiles;
        double queue = 0;
        double busy = 0;
        double blocked = 0;
        double offered = 0;
        for (const auto& one : replications_) {
            Moments here;
            for (std::size_t c = from; c < to; ++c) {
                const auto& tally = one.tallies[place * classes + c];
                out.arrivals += tally.arrivals;
                out.customers += tally.customers;
                out.lost += tally.lost;
                out.reneged += tally.reneged;
                queue += tally.queue_time;
                busy += tally.busy_time;
                blocked += tally.blocked_time;
                waits.add(tally);
                here.add(tally);
            }
            if (here.count > 0) means.add(here.mean);
            offered += one.places[place].offered;
        }
        for (std::size_t c = from; c < to; ++c) quantiles.merge(quantiles_[place * classes + c]);
        out.mean_wait = waits.mean;
        out.wait_variance = waits.count > 1 ? waits.m2 / (waits.count - 1) : 0;
        constexpr double levels[] = {0.5, 0.9, 0.95, 0.99};
        for (int i = 0; i < 4; ++i) out.wait_quantiles[i] = quantiles.at(levels[i]);
        if (time_ > 0) {
            out.mean_queue = queue / time_;
            out.mean_number = (queue + busy + (is_link ? 0 : blocked)) / time_;
        }
        if (is_link) {
            const double room = static_cast<double>(plan_.places[place].room);
            if (room < 1e15) out.utilisation = out.mean_number / room;
            if (time_ > 0) out.blocked_fraction = blocked / time_;
        } else if (offered > 0) {
            out.utilisation = busy / offered;
            out.blocked_fraction = blocked / offered;
        }
        if (out.arrivals > 0) {
            const auto arrivals = static_cast<double>(out.arrivals);
            out.lost_fraction = static_cast<double>(out.lost) / arrivals;
            out.reneged_fraction = static_cast<double>(out.reneged) / arrivals;
        }
        double half = 0;
        if (replications_.size() == 1) {
            const auto& batches = replications_[0].batches;
            const bool all = to - from == classes;
            half = batches[all ? place : plan_.places.size() + place * classes + from].half_width();
        } else if (means.count > 1) {
            half = student_95(static_cast<std::uint64_t>(means.count) - 1) * means.sd() /
                   std::sqrt(means.count);
        }
        out.ci95[0] = out.mean_wait - half;
        out.ci95[1] = out.mean_wait + half;
        return out;
    }

    PlaceFigures place(std::size_t p, std::size_t samples) const {
        PlaceFigures out;
        out.id = plan_.id_of(p);
        out.all = figures(p, 0, plan_.classes.size());
        for (std::size_t c = 0; c < plan_.classes.size(); ++c)
            if (comes(p, c)) out.classes.emplace_back(plan_.classes[c], figures(p, c, c + 1));
        Spread most;
        for (const auto& one : replications_) most.add(one.places[p].max_present);
        out.max_number = most.mean;
        for (std::size_t i = 0; i < samples; ++i) {
            Spread count;
            for (const auto& one : replications_)
                count.add(one.number_at[i * plan_.places.size() + p]);
            out.number_at.push_back({count.mean, count.sd()});
        }
        return out;
    }

    NetworkFigures all(std::size_t samples) const {
        NetworkFigures out;
        for (std::size_t p = 0; p < plan_.places.size(); ++p)
            (p < plan_.stations ? out.stations : out.links).push_back(place(p, samples));
        for (std::size_t s = 0; s < plan_.sources.size(); ++s) {
            double sum = 0;
            for (const auto& one : replications_) sum += one.outside_time[s];
            out.held_outside.emplace_back(plan_.description.sources[s].id,
                                          time_ > 0 ? sum / time_ : 0);
        }
        for (const auto& one : replications_) {
            out.entered += one.entered;
            out.left += one.left;
            out.present += one.present;
            out.events += one.events;
        }
        out.time = time_ / static_cast<double>(replications_.size());
        return out;
    }

private:
    bool comes(std::size_t place, std::size_t class_index) const {
        return std::ranges::any_of(replications_, [&](const Replication& one) {
            return one.tallies[place * plan_.classes.size() + class_index].arrivals > 0;
        });
    }

    const Plan& plan_;
    const std::vector<Replication>& replications_;
    const std::vector<Quantiles>& quantiles_;
    double time_ = 0;
};

}  // namespace

NetworkFigures merged(const Plan& plan, const std::vector<Replication>& replications,
                      const std::vector<Quantiles>& quantiles, std::size_t samples) {
    return Merging(plan, replications, quantiles).all(samples);
}

}  // namespace noroshi::simulate
