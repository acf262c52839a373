# Two commands do everything on a fresh Debian 12 with Swift 6.2 or later: `make demo` and `make test`.
# SWIFT, TESTFLAGS and DEMOFLAGS may be set on the command line: make demo DEMOFLAGS="--lang en --rows 50000"

SWIFT ?= swift
BUILDFLAGS ?=
TESTFLAGS ?=
DEMOFLAGS ?=
FUZZTIME ?= 60
FUZZ ?=
PEERSFLAGS ?=
PEERSFOLDER ?= peers

.PHONY: help demo test test-long build bench fuzz constant-time peers peers-psi peers-share peers-paillier peers-noise dependencies clean

help:
	@echo "make demo    build, then run the two-party demonstration and write its HTML report (DEMOFLAGS=...)"
	@echo "make test    build, then run all tests in release (TESTFLAGS=\"--filter NAME\" for some of them)"
	@echo "make test-long   the statistical tests with 10^8 samples of every noise law, about ten minutes"
	@echo "make build   build the yinhe and yinhe-bench executables in release"
	@echo "make bench   build, then measure every building block once with small sizes"
	@echo "make fuzz    look for inputs that break a decoder, FUZZTIME=60 seconds in all (FUZZ=NAME for some decoders)"
	@echo "make constant-time   look for branches and addresses that depend on secrets (needs valgrind)"
	@echo "make peers   every comparison with other systems that this machine can run, results in PEERSFOLDER=peers (PEERSFLAGS=...)"
	@echo "make peers-psi   set intersection beside SecretFlow's, which pip installs outside the repository (PEERSFLAGS=...)"
	@echo "make peers-share   computation on shares beside SecretFlow's SPU, likewise (PEERSFLAGS=...)"
	@echo "make peers-paillier   Paillier operations beside HEU and python-paillier, likewise (PEERSFLAGS=...)"
	@echo "make peers-noise   noise and accounting beside OpenDP, Google's library and dp-accounting, likewise (PEERSFLAGS=...)"
	@echo "make clean   remove what was built"

demo: build
	@$$($(SWIFT) build -c release $(BUILDFLAGS) --show-bin-path)/yinhe demo $(DEMOFLAGS)

# One test at a time: many start processes or hold real connections to their time limits, on machines with few cores.
test: dependencies
	$(SWIFT) build -c release $(BUILDFLAGS) --build-tests
	$(SWIFT) test -c release $(BUILDFLAGS) --skip-build --no-parallel $(TESTFLAGS)

test-long: dependencies
	$(SWIFT) build -c release $(BUILDFLAGS) --build-tests
	YINHE_LONG_TESTS=1 $(SWIFT) test -c release $(BUILDFLAGS) --skip-build --no-parallel --filter "LawFitTests|PrivacyLossAccountantTests|OKVSFailureTests" $(TESTFLAGS)

build: dependencies
	$(SWIFT) build -c release $(BUILDFLAGS) --product yinhe
	$(SWIFT) build -c release $(BUILDFLAGS) --product yinhe-bench

bench: build
	@Benchmarks/run-all "$$($(SWIFT) build -c release $(BUILDFLAGS) --show-bin-path)/yinhe-bench"

fuzz: dependencies
	@SWIFT="$(SWIFT)" FUZZTIME="$(FUZZTIME)" FUZZ="$(FUZZ)" Tests/Fuzzing/run-fuzz

constant-time: dependencies
	@SWIFT="$(SWIFT)" Tests/ConstantTime/run-constant-time

peers: build
	@Benchmarks/Peers/run-all "$(PEERSFOLDER)" "$$($(SWIFT) build -c release $(BUILDFLAGS) --show-bin-path)" $(PEERSFLAGS)

peers-psi: build
	@Benchmarks/Peers/psi-secretflow --yinhe "$$($(SWIFT) build -c release $(BUILDFLAGS) --show-bin-path)/yinhe" $(PEERSFLAGS)

peers-share: build
	@Benchmarks/Peers/share-spu --yinhe "$$($(SWIFT) build -c release $(BUILDFLAGS) --show-bin-path)/yinhe-bench" $(PEERSFLAGS)

peers-paillier: build
	@Benchmarks/Peers/paillier-heu-phe --yinhe "$$($(SWIFT) build -c release $(BUILDFLAGS) --show-bin-path)/yinhe-bench" $(PEERSFLAGS)

peers-noise: build
	@Benchmarks/Peers/noise-opendp-google --yinhe "$$($(SWIFT) build -c release $(BUILDFLAGS) --show-bin-path)/yinhe-bench" $(PEERSFLAGS)

dependencies:
	@sh .ci/install-dependencies

clean:
	$(SWIFT) package clean
