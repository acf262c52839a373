#ifndef YINHE_OKVS_H
#define YINHE_OKVS_H

#include <stddef.h>
#include <stdint.h>

#endif
