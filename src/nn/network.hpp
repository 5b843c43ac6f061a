#pragma once
/// \file A multilayer perceptron with its work space in Space: forward pass, loss and gradient of one batch.

#include <vector>

#include "core/array.hpp"
#include "core/space.hpp"
#include "nn/model.hpp"
#include "ops/gemm.hpp"

namespace mg {

/// Rows order[first .. first + rows) of a data set in Space, inputs (n, m) and targets (n), both standardised. An empty
/// `order` means the rows as they stand.
template <class Space>
struct BatchRows {
    const Array<double, Space>& inputs;
    const Array<double, Space>& targets;
    const Array<int, Space>& order;
    int first;
    int rows;
};

/// Every layer's values carry a last column of ones, so that one product with (weights | bias) adds the bias and one
/// product with the values gives the gradients of weights and bias together.
template <class Space>
class Network {
public:
    /// Room for batches of at most `max_rows` rows.
    Network(const Layers& layers, Activation activation, int max_rows);

    const Layers& layers() const { return layers_; }
    int max_rows() const { return max_rows_; }
    void set_parameters(const std::vector<double>& parameters);
    Array<double, Space>& parameters() { return parameters_; }

    /// The prediction of a batch.
    void forward(const BatchRows<Space>& batch);
    const Array<double, Space>& prediction() const { return values_.back(); }  ///< (rows), standardised
    /// forward(), and (prediction - target)^2 of the batch's row i in squared_error[batch.first + i].
    void forward(const BatchRows<Space>& batch, Array<double, Space>& squared_error);
    /// All that, and the gradient of the batch's mean squared error as partial sums over fixed blocks of rows.
    void forward_and_backward(const BatchRows<Space>& batch, Array<double, Space>& squared_error);
    const Array<double, Space>& partial_gradients() const { return partials_; }  ///< (blocks, parameters)
    int blocks() const { return row_blocks(Space{}, rows_); }
    /// The gradient, summed on the host.
    std::vector<double> gradient() const;

private:
    // Views of rows first .. first + rows of the batch.
    Matrix<double, Space> values(int layer, int first, int rows, bool with_ones);
    Matrix<double, Space> delta(int layer, int first, int rows);
    Matrix<double, Space> weights(int layer, bool with_bias);
    // One block of rows, from the data set to the prediction, and back to the gradient.
    void forward_block(const BatchRows<Space>& batch, int first, int rows);
    void backward_block(int block, int first, int rows);
    void begin(const BatchRows<Space>& batch);

    Layers layers_;
    Activation activation_;
    int max_rows_;
    int rows_ = 0;
    Array<double, Space> parameters_;
    Array<double, Space> targets_;              ///< (max_rows)
    std::vector<Array<double, Space>> values_;  ///< per layer of units (max_rows, width + 1); the last (max_rows)
    std::vector<Array<double, Space>> deltas_;  ///< per layer of units but the first: (max_rows, width)
    Array<double, Space> partials_;             ///< (blocks, parameters)
};

}  // namespace mg
