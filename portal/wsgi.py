"""The application for a web server other than the portal's own: `gunicorn portal.wsgi:app`."""

import os

import config
from jobs import queue
from portal.app import create_app

settings = config.load(os.environ)
app = create_app(settings)
queue.use(settings.redis_url)
