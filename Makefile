# A thin front for Meson.
.PHONY: all
BUILD ?= build
all: $(BUILD)/build.ninja
	ninja -C $(BUILD)
$(BUILD)/build.ninja:
	meson setup $(BUILD)
