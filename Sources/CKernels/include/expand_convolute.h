#ifndef YINHE_EXPAND_CONVOLUTE_H
#define YINHE_EXPAND_CONVOLUTE_H

#include <stddef.h>
#include <stdint.h>

#endif
