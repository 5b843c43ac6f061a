#include "elastic/training.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "core/error.hpp"
#include "core/macros.hpp"
#include "core/random.hpp"
#include "md/harmonic.hpp"
#include "nn/metrics.hpp"
#include "ops/cholesky.hpp"

namespace mg {
namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

constexpr double ridge = 1e-6;  // keeps what no label sees where it began
constexpr double first_damping = 1e-2;
constexpr int most_refusals = 7;

/// A part of the way: with springs that hold atoms in place or without, on few labels or all.
struct Leg {
    double on_site;     // [eV/A^2]
    bool all;           // labels, or only those to begin with
    double tolerance;   // of a stiffness
    int steps;          // at most
    double least_gain;  // of the loss, relative: the leg ends below
};
constexpr double first_on_site = 1, last_on_site = 0.01, least_on_site = 0.004;  // [eV/A^2]
constexpr int most_on_site_steps = 20;
constexpr double bold = 0.4;    // what is left of the springs after a leg, where that is stable
constexpr double timid = 0.85;  // from where on the same leg goes on instead
constexpr Leg held{0, false, 1e-2, 2, 0.1};
// On coarse knots, and then on fine ones: begun with them, springs would find no balance.
constexpr Leg coarse_legs[] = {{0, false, 1e-3, 10, 0.02}};
constexpr Leg again{0, true, 1e-3, 2, 0.01};
constexpr Leg fine_legs[] = {{0, false, 1e-3, 8, 0.02}, {0, true, 1e-3, 10, 3e-3}};

template <class Space>
struct LabelledGlass {
    ElasticGlass<Space> glass;
    std::vector<int> atoms;
    std::vector<double> label;
    double virial = 0;  // [eV] W_0
};

/// Loss, and its second-order model: loss(p + d) = loss - 2 gradient . d + d^T normal d.
struct Evaluation {
    ElasticRecord record;
    Matrix normal;
    Vector gradient;
};

/// The k-th of so many parts of a number.
int share_of(int number, int k, int parts) { return number * (k + 1) / parts - number * k / parts; }

/// Both sums of squares at a network, or nothing where a matrix is not positive definite.
template <class Space>
class Loss {
public:
    Loss(std::vector<LabelledGlass<Space>>& glasses, const ElasticTraining& training,
         const std::function<bool()>& give_up)
        : glasses_(glasses), training_(training), give_up_(give_up) {}

    bool stopped() const { return stopped_; }

    std::optional<Evaluation> at(const std::vector<double>& parameter, const Leg& leg) {
        const auto n = static_cast<Eigen::Index>(parameter.size());
        Evaluation e{{}, Matrix::Zero(n, n), Vector::Zero(n)};
        Matrix force_normal = Matrix::Zero(n, n), label_normal = force_normal;
        Vector force_gradient = Vector::Zero(n), label_gradient = force_gradient;
        std::vector<double> found, labels;
        double squares = 0, force_squares = 0, components = 0, virial_squares = 0;
        const double samples = static_cast<double>(glasses_.size());
        for (std::size_t k = 0; k < glasses_.size(); ++k) {
            LabelledGlass<Space>& g = glasses_[k];
            set_parameters(g.glass, parameter, leg.on_site);
            std::vector<int> atoms = g.atoms;
            if (!leg.all) {
                const int begin =
                    share_of(training_.start_labels, static_cast<int>(k), static_cast<int>(glasses_.size()));
                atoms.resize(std::min<std::size_t>(atoms.size(), begin));
            }
            std::optional<ElasticStiffness> s;
            try {
                s = elastic_stiffness(g.glass, atoms, leg.tolerance, true, give_up_);
            } catch (const PhysicsError&) {
                return std::nullopt;
            }
            if (!s) {
                stopped_ = true;
                return std::nullopt;
            }
            const Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>> j(
                s->derivative.data(), static_cast<Eigen::Index>(atoms.size()), n);
            Vector residual(atoms.size());
            for (std::size_t i = 0; i < atoms.size(); ++i) {
                residual[static_cast<Eigen::Index>(i)] = s->stiffness[i] - g.label[i];
                found.push_back(s->stiffness[i]);
                labels.push_back(g.label[i]);
            }
            squares += residual.squaredNorm();
            label_normal += j.transpose() * j;
            label_gradient -= j.transpose() * residual;
            add_forces(g.glass, force_normal, force_gradient, force_squares);
            add_virial(g, training_.pressure_weight / samples, e, virial_squares);
            components += 3.0 * g.glass.hessian.slots;
        }
        const double count = static_cast<double>(found.size()), weight = training_.force_weight / components;
        e.normal = label_normal / count + weight * force_normal + e.normal;
        e.gradient = label_gradient / count + weight * force_gradient + e.gradient;
        e.record = {leg.on_site,
                    static_cast<int>(found.size()),
                    std::sqrt(squares / count),
                    pearson(found, labels),
                    std::sqrt(force_squares / components),
                    std::sqrt(virial_squares / samples),
                    0,
                    squares / count + weight * force_squares + training_.pressure_weight * virial_squares / samples};
        return e;
    }

private:
    void add_forces(const ElasticGlass<Space>& g, Matrix& normal, Vector& gradient, double& squares) {
        const int rows = 3 * g.hessian.slots, n = g.parameters;
        force_derivatives(g, rows_, virials_);
        product_.resize(static_cast<std::size_t>(n) * (n + 1));
        fill_zero(product_);
        const double* const force = reinterpret_cast<const double*>(g.hessian.force.data());
        add_product(Space{}, n, n, rows, 1.0, rows_.data(), rows, rows_.data(), rows, product_.data(), n);
        add_product(Space{}, n, 1, rows, 1.0, rows_.data(), rows, force, rows,
                    product_.data() + static_cast<long>(n) * n, n);
        const std::vector<double> p = to_host(product_);
        normal += Eigen::Map<const Matrix>(p.data(), n, n);
        gradient -= Eigen::Map<const Vector>(p.data() + static_cast<long>(n) * n, n);
        for (const Vec3& f : to_host(g.hessian.force)) squares += norm2(f);
    }

    /// Of the glass whose derivatives were made last.
    void add_virial(const LabelledGlass<Space>& g, double weight, Evaluation& e, double& squares) {
        const int slots = g.glass.hessian.slots, n = g.glass.parameters;
        const Array<double, Space> ones = to_space<Space>(std::vector<double>(static_cast<std::size_t>(slots), 1.0));
        product_.resize(static_cast<std::size_t>(n));
        fill_zero(product_);
        add_product(Space{}, n, 1, slots, 1.0 / slots, virials_.data(), slots, ones.data(), slots, product_.data(), n);
        const std::vector<double> sum = to_host(product_);
        const Eigen::Map<const Vector> slope(sum.data(), n);
        double off = -g.virial;
        for (const double v : to_host(g.glass.virial)) off += v / slots;
        squares += off * off;
        e.normal += weight * slope * slope.transpose();
        e.gradient -= weight * off * slope;
    }

    std::vector<LabelledGlass<Space>>& glasses_;
    const ElasticTraining& training_;
    const std::function<bool()>& give_up_;
    Array<double, Space> rows_, virials_, product_;
    bool stopped_ = false;
};

/// Atoms to learn from, the same number of each species as far as there are, in random order.
std::vector<int> choose_atoms(const Structure& s, int count, const RandomStream& random) {
    std::vector<int> order(s.size());
    std::iota(order.begin(), order.end(), 0);
    shuffle(order, random);
    std::vector<std::vector<int>> of_species(s.elements.size());
    for (const int atom : order) of_species[s.species[atom]].push_back(atom);
    std::vector<int> chosen;
    for (std::size_t k = 0; static_cast<int>(chosen.size()) < std::min(count, s.size()); ++k)
        for (const std::vector<int>& atoms : of_species)
            if (k < atoms.size() && static_cast<int>(chosen.size()) < count) chosen.push_back(atoms[k]);
    return chosen;
}

PhysicsError lost_balance() {
    return PhysicsError("no elastic network was found", "springs lost their balance on the way",
                        "give more labels, or samples that are minimised further");
}

}  // namespace

template <class Space>
std::optional<ElasticStiffness> elastic_stiffness(const ElasticGlass<Space>& g, const std::vector<int>& atoms,
                                                  double tolerance, bool derivatives,
                                                  const std::function<bool()>& give_up) {
    const Array<Mat3, Space> inverse = inverse_diagonal_blocks(g.hessian);
    ElasticStiffness result;
    Array<double, Space> gradient, work;
    for (std::size_t first = 0; first < atoms.size(); first += cg_slots_at_a_time) {
        std::vector<int> slots;
        for (std::size_t k = first; k < std::min(atoms.size(), first + cg_slots_at_a_time); ++k)
            slots.push_back(g.hessian.slot_of_atom.at(atoms[k]));
        const auto s = cg_solve(g.hessian, inverse, slots, tolerance, give_up);
        if (!s) return std::nullopt;
        for (const Sym3& c : s->compliance) {
            // Where a diagonal block is not positive definite no step is taken at all.
            if (!(trace(c) > 0)) throw not_a_minimum("the network");
            result.stiffness.push_back(harmonic_stiffness(c));
        }
        if (!derivatives) continue;
        compliance_derivatives(g, s->x, gradient, work);
        const std::vector<double> d = to_host(gradient);
        for (std::size_t k = 0; k < slots.size(); ++k) {
            const double stiffness = result.stiffness[first + k];
            for (int p = 0; p < g.parameters; ++p)
                result.derivative.push_back(-stiffness * stiffness * d[k * g.parameters + p]);
        }
    }
    return result;
}

/// Reads a journal from its beginning, and goes on with it from its end.
class Walked {
public:
    explicit Walked(ElasticJournal& journal) : journal_(journal) {}
    /// The next step of those that were taken before, or null.
    const ElasticStep* next() { return read_ < journal_.size() ? &journal_[read_++] : nullptr; }
    void add(ElasticStep step) {
        journal_.push_back(std::move(step));
        read_ = journal_.size();
    }

private:
    ElasticJournal& journal_;
    std::size_t read_ = 0;
};

/// The steps of one network's learning.
template <class Space>
class Learner {
public:
    Learner(const std::vector<ElasticSample>& samples, const ElasticTraining& training, const ElasticNetwork& network,
            Walked& walked, const std::function<void(const ElasticRecord&)>& tell, const std::function<bool()>& give_up)
        : parameter(network.parameter),
          glasses_(labelled_glasses(samples, training, network)),
          start_(vector_of(network.parameter)),
          walked_(walked),
          tell_(tell),
          loss_(glasses_, training, give_up) {}

    std::vector<double> parameter;

    bool stopped() const { return loss_.stopped(); }

    /// Goes on from where the network stands; false where it is not stable there, or where it was stopped.
    bool walk(const Leg& leg) {
        std::optional<Evaluation> now = look(leg);
        if (!now) return false;
        for (int step = 0; step < leg.steps; ++step) {
            const double before = with_ridge(*now, parameter);
            if (!take_step(leg, *now)) return !stopped();
            if (before - with_ridge(*now, parameter) < leg.least_gain * before) break;
        }
        return true;
    }

    /// From springs that hold every atom in place, as strong as needed, to none; false where it was stopped.
    bool let_go(double on_site, bool all) {
        Leg leg = held;
        leg.on_site = on_site;
        leg.all = all;
        while (!walk(leg)) {
            if (stopped()) return false;
            leg.on_site *= 2;
            if (leg.on_site > 1e3) throw lost_balance();
        }
        double less = bold;
        bool failed = false;  // since it last came off
        for (int step = 0; leg.on_site > least_on_site; ++step) {
            if (step == most_on_site_steps) throw lost_balance();
            const double before = leg.on_site;
            leg.on_site *= less;
            if (walk(leg)) {
                if (!failed) less = std::max(bold, std::pow(less, 1.5));
                failed = false;
                continue;
            }
            if (stopped()) return false;
            failed = true;
            leg.on_site = before;
            if (less < timid)
                less = std::sqrt(less);
            else if (!walk(leg))
                return false;  // stopped: it is stable there
        }
        return true;
    }

private:
    static Vector vector_of(const std::vector<double>& v) {
        return Eigen::Map<const Vector>(v.data(), static_cast<Eigen::Index>(v.size()));
    }
    static std::vector<LabelledGlass<Space>> labelled_glasses(const std::vector<ElasticSample>& samples,
                                                              const ElasticTraining& t, const ElasticNetwork& network) {
        std::vector<Structure> structures;
        for (const ElasticSample& s : samples) structures.push_back(s.structure);
        const std::vector<std::vector<int>> atoms = chosen_atoms(structures, t);
        std::vector<LabelledGlass<Space>> glasses;
        for (std::size_t k = 0; k < samples.size(); ++k) {
            LabelledGlass<Space> g{prepare_elastic<Space>(network.shape(), structures[k], network.mean), atoms[k], {}};
            for (const int atom : g.atoms) g.label.push_back(samples[k].stiffness.at(atom));
            g.virial = -6 * samples[k].pressure * structures[k].box.volume / structures[k].size();
            glasses.push_back(std::move(g));
        }
        return glasses;
    }
    double with_ridge(const Evaluation& e, const std::vector<double>& p) const {
        return e.record.loss + ridge * (vector_of(p) - start_).squaredNorm();
    }
    /// The loss where the network stands. Of a step that the journal has, without the model around it.
    std::optional<Evaluation> look(const Leg& leg) {
        if (const ElasticStep* const before = walked_.next())
            return before->found ? std::optional(Evaluation{before->record, {}, {}}) : std::nullopt;
        std::optional<Evaluation> there = loss_.at(parameter, leg);
        if (!stopped()) walked_.add({there.has_value(), there ? there->record : ElasticRecord{}, damping_, {}});
        return there;
    }
    /// One step down; false where none was found, or where it was stopped.
    bool take_step(const Leg& leg, Evaluation& now) {
        if (const ElasticStep* const before = walked_.next()) {
            damping_ = before->damping;
            if (!before->found) return false;
            parameter = before->parameter;
            now = {before->record, {}, {}};
            return true;
        }
        if (now.gradient.size() == 0) {  // here the journal ends
            std::optional<Evaluation> again = loss_.at(parameter, leg);
            if (!again) return false;  // stopped: it is stable there
            now = std::move(*again);
        }
        const bool found = search_step(leg, now);
        if (!stopped()) walked_.add({found, now.record, damping_, found ? parameter : std::vector<double>()});
        return found;
    }
    bool search_step(const Leg& leg, Evaluation& now) {
        const Vector p = vector_of(parameter);
        Matrix normal = now.normal;
        normal.diagonal().array() += ridge;
        const Vector gradient = now.gradient - ridge * (p - start_), diagonal = normal.diagonal().array() + 1e-8;
        const double before = with_ridge(now, parameter);
        for (int refusal = 0; refusal < most_refusals; ++refusal) {
            Matrix damped = normal;
            damped.diagonal() += damping_ * diagonal;
            const Vector moved = p + damped.ldlt().solve(gradient);
            const std::vector<double> candidate(moved.data(), moved.data() + moved.size());
            std::optional<Evaluation> there = loss_.at(candidate, leg);
            if (stopped()) return false;
            if (there && with_ridge(*there, candidate) < before) {
                parameter = candidate;
                now = std::move(*there);
                now.record.damping = damping_;
                damping_ = std::max(damping_ / 5, 1e-7);
                if (tell_) tell_(now.record);
                return true;
            }
            damping_ = std::max(6 * damping_, 1e-3);
        }
        return false;
    }

    std::vector<LabelledGlass<Space>> glasses_;
    const Vector start_;
    Walked& walked_;
    const std::function<void(const ElasticRecord&)> tell_;
    Loss<Space> loss_;
    double damping_ = first_damping;
};

std::vector<std::vector<int>> chosen_atoms(const std::vector<Structure>& structures, const ElasticTraining& t) {
    std::vector<std::vector<int>> atoms;
    const int count = static_cast<int>(structures.size());
    for (int k = 0; k < count; ++k)
        atoms.push_back(choose_atoms(structures[k], share_of(t.labels, k, count),
                                     RandomStream(t.seed, RandomUse::centers, static_cast<std::uint32_t>(k))));
    return atoms;
}

template <class Space>
std::optional<ElasticNetwork> train_elastic(const std::vector<ElasticSample>& samples, const ElasticTraining& training,
                                            ElasticJournal& journal,
                                            const std::function<void(const ElasticRecord&)>& tell,
                                            const std::function<bool()>& give_up) {
    std::vector<Structure> structures;
    for (const ElasticSample& s : samples) structures.push_back(s.structure);
    Walked walked(journal);
    ElasticTraining t = training;
    ElasticNetwork network;
    const auto learn = [&](bool begin, std::span<const Leg> legs) {
        Learner<Space> learner(samples, t, network, walked, tell, give_up);
        if (begin && !learner.let_go(first_on_site, false)) return false;
        for (const Leg& leg : legs) {
            if (learner.walk(leg)) continue;
            // With more labels an instability can be seen that was not.
            if (learner.stopped() || !learner.let_go(last_on_site, leg.all)) return false;
            if (learner.walk(leg)) continue;
            if (learner.stopped()) return false;
            throw lost_balance();
        }
        network.parameter = learner.parameter;
        return true;
    };
    for (;; t.start_labels = t.labels) {
        try {
            network = initial_network(structures, t.cutoff);
            if (!learn(true, coarse_legs)) return std::nullopt;
            network = refined(network);
            if (!learn(false, fine_legs)) return std::nullopt;
            return network;
        } catch (const PhysicsError&) {
            // Few labels leave atoms that nobody speaks for: once more with all of them from the beginning.
            if (t.start_labels >= t.labels) throw;
        }
    }
}

template <class Space>
std::optional<ElasticNetwork> retrain_elastic(const ElasticNetwork& network, const std::vector<ElasticSample>& samples,
                                              const ElasticTraining& t, const std::function<bool()>& give_up) {
    ElasticNetwork result = network;
    ElasticJournal journal;
    Walked walked(journal);
    Learner<Space> learner(samples, t, network, walked, {}, give_up);
    // What the network is not stable with, it cannot learn from: it stays as it is.
    if (!learner.walk(again) && learner.stopped()) return std::nullopt;
    result.parameter = learner.parameter;
    return result;
}

#define MG_ELASTIC_TRAINING(Space)                                                                                  \
    template std::optional<ElasticStiffness> elastic_stiffness(const ElasticGlass<Space>&, const std::vector<int>&, \
                                                               double, bool, const std::function<bool()>&);         \
    template std::optional<ElasticNetwork> train_elastic<Space>(                                                    \
        const std::vector<ElasticSample>&, const ElasticTraining&, ElasticJournal&,                                 \
        const std::function<void(const ElasticRecord&)>&, const std::function<bool()>&);                            \
    template std::optional<ElasticNetwork> retrain_elastic<Space>(                                                  \
        const ElasticNetwork&, const std::vector<ElasticSample>&, const ElasticTraining&,                           \
        const std::function<bool()>&);
MG_INSTANTIATE(MG_ELASTIC_TRAINING)

}  // namespace mg
