// The wire format of protocol buffers, and what an ONNX model refuses. That other programs read the model is the matter
// of tests/regression/onnx.sh.
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "nn/onnx.hpp"
#include "nn/protobuf.hpp"

namespace {

std::string bytes(std::initializer_list<int> values) {
    std::string text;
    for (const int v : values) text += static_cast<char>(v);
    return text;
}

TEST(ProtoMessage, ExamplesOfTheSpecification) {
    // https://protobuf.dev/programming-guides/encoding
    mg::ProtoMessage a;
    a.integer(1, 150);
    EXPECT_EQ(a.bytes(), bytes({0x08, 0x96, 0x01}));
    mg::ProtoMessage b;
    b.text(2, "testing");
    EXPECT_EQ(b.bytes(), bytes({0x12, 0x07}) + "testing");
    mg::ProtoMessage c;
    c.message(3, a);
    EXPECT_EQ(c.bytes(), bytes({0x1a, 0x03, 0x08, 0x96, 0x01}));
    mg::ProtoMessage d;
    d.integer(1, -2);
    EXPECT_EQ(d.bytes(), bytes({0x08, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}));
    mg::ProtoMessage e;
    e.integer(20, 0);  // a field beyond 15 takes two bytes
    e.text(1, std::string(200, 'x'));
    EXPECT_EQ(e.bytes(), bytes({0xa0, 0x01, 0x00, 0x0a, 0xc8, 0x01}) + std::string(200, 'x'));
}

mg::Model small(int inputs) {
    mg::Model m;
    m.layers = mg::make_layers(inputs, {3});
    m.parameters = mg::initial_parameters(m.layers, 1);
    m.input_mean.assign(inputs, 1.0);
    m.input_std.assign(inputs, 2.0);
    return m;
}

TEST(Onnx, RefusesWhatItCannotSay) {
    EXPECT_THROW(mg::onnx_model({}, {}), mg::Error);
    EXPECT_THROW(mg::onnx_model({small(2), small(3)}, {}), mg::Error);
    mg::Model large = small(2);
    large.parameters[0] = 1e39;
    EXPECT_THROW(mg::onnx_model({large}, {}), mg::Error);
    large.parameters[0] = std::numeric_limits<double>::quiet_NaN();
    EXPECT_THROW(mg::onnx_model({large}, {}), mg::Error);
    EXPECT_GT(mg::onnx_model({small(2), small(2)}, {}).size(), 500u);
}

}  // namespace
